"""What laboratories, wards and clinics measure, with the plain names a rehearsal tells them by."""

from dataclasses import dataclass

LOINC = "http://loinc.org"
NLK = "urn:oid:2.16.578.1.12.4.1.1.7280"


@dataclass(frozen=True, slots=True)
class Measurement:
    """A kind of result: its code, its plain name and the category it comes in."""

    code: str
    name: str
    category: str

    @property
    def system(self) -> str:
        """Whose code it is: the Norwegian laboratory code's, or LOINC's."""
        return NLK if self.code.startswith("NPU") else LOINC


_LABORATORY = {
    "718-7": "haemoglobin", "4544-3": "haematocrit", "789-8": "red blood cells", "787-2": "red cell volume",
    "785-6": "red cell haemoglobin", "786-4": "red cell haemoglobin concentration", "21000-5": "red cell spread",
    "6690-2": "white blood cells", "777-3": "platelets", "32207-3": "platelet spread", "32623-1": "platelet volume",
    "58410-2": "blood count", "57698-3": "lipids", "51990-0": "basic metabolic panel",
    "24323-8": "comprehensive metabolic panel", "24357-6": "urine strip", "2339-0": "blood sugar",
    "4548-4": "long-term blood sugar", "6299-2": "urea", "38483-4": "creatinine", "33914-3": "kidney filtration",
    "49765-1": "calcium", "2947-0": "sodium", "6298-4": "potassium", "2069-3": "chloride", "20565-8": "carbon dioxide",
    "14959-1": "albumin in urine", "2093-3": "cholesterol", "2571-8": "triglycerides", "18262-6": "LDL cholesterol",
    "2085-9": "HDL cholesterol", "2885-2": "protein", "1751-7": "albumin", "10834-0": "globulin",
    "1975-2": "bilirubin", "6768-6": "alkaline phosphatase", "1742-6": "ALT", "1920-8": "AST",
    "1988-5": "C-reactive protein", "2857-1": "PSA", "3016-3": "thyroid hormone", "2276-4": "ferritin",
}  # fmt: skip
_NORWEGIAN = {
    "NPU27300": "long-term blood sugar", "NPU18016": "creatinine", "NPU03429": "sodium", "NPU03230": "potassium",
    "NPU01566": "cholesterol", "NPU02319": "haemoglobin", "NPU02593": "white blood cells", "NPU03568": "platelets",
    "NPU19748": "C-reactive protein",
}  # fmt: skip
_OTHERS = (
    Measurement("8867-4", "pulse", "vital-signs"),
    Measurement("85354-9", "blood pressure", "vital-signs"),
    Measurement("8302-2", "height", "vital-signs"),
    Measurement("29463-7", "weight", "vital-signs"),
    Measurement("8310-5", "temperature", "vital-signs"),
    Measurement("72106-8", "memory test", "survey"),
    Measurement("44249-1", "mood questionnaire", "survey"),
    Measurement("11526-1", "pathology report", "PAT"),
    Measurement("60567-5", "full pathology report", "pathology"),
    Measurement("22637-3", "pathology diagnosis", "SP"),
    Measurement("600-7", "blood culture", "MB"),
    Measurement("94500-6", "corona test", "LAB"),
    Measurement("24627-2", "CT of the chest", "imaging"),
    Measurement("36643-5", "X-ray of the chest", "RAD"),
    Measurement("51969-4", "gene test", "laboratory"),
    Measurement("81247-9", "gene panel", "GE"),
    Measurement("55233-1", "gene report", "genetics"),
)
MEASUREMENTS = (
    *(Measurement(code, name, "laboratory") for code, name in _LABORATORY.items()),
    *(Measurement(code, name, "LAB") for code, name in _NORWEGIAN.items()),
    *_OTHERS,
)


def measurements(codes: frozenset[str], categories: frozenset[str]) -> list[Measurement]:
    """Every kind of result that is known here, and those that rules name besides."""
    known = {each.code for each in MEASUREMENTS}
    held = {each.category for each in MEASUREMENTS}
    named = [Measurement(code, f"the test with code {code}", "laboratory") for code in sorted(codes - known)]
    of_kind = [Measurement(f"any-{kind}", f"anything of category {kind}", kind) for kind in sorted(categories - held)]
    return [*MEASUREMENTS, *named, *of_kind]
