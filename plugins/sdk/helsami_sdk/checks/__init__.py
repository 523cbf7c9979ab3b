"""The twelve points that a plugin's folder is checked for; everything is looked at, and nothing stops at the first."""

from helsami_sdk.checks import identity, papers, purity, tested, wording
from helsami_sdk.checks.answering import ask_everything
from helsami_sdk.checks.findings import Finding, Point, Report, report_of
from helsami_sdk.plugin_folder import PluginFolder

__all__ = ["Finding", "Point", "Report", "check"]


def check(folder: PluginFolder) -> Report:
    """Look at a plugin's folder; its code runs in a process of its own."""
    trial = ask_everything(folder)
    findings = [
        *identity.look(folder),
        *purity.look(folder),
        *tested.look(folder),
        *wording.look(folder, trial.given),
        *trial.findings,
        *papers.readme(folder),
        *papers.rehearsal(folder),
    ]
    return report_of(folder.id, findings)
