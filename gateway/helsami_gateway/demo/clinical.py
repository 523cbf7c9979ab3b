"""What people in the demo suffer from, take, and are tested for: tables, with codes of ICPC-2, ICD-10, ATC and LOINC."""

from dataclasses import dataclass

# ruff: noqa: E501  a row of a table stays one line, however long
# fmt: off


@dataclass(frozen=True)
class Drug:
    """A medicine as written on the packet; `prescribed` tells a prescription from something bought freely."""

    atc: str
    substance: str
    name: str
    dosage: str
    prescribed: bool = True


@dataclass(frozen=True)
class Measured:
    """An analysis answered with a number; draw and reference are limits in units of the last digit written."""

    loinc: str
    npu: str | None
    name: str
    unit: str
    ucum: str
    digits: int
    draw: tuple[int, int]
    reference: tuple[int, int]


@dataclass(frozen=True)
class Found:
    """An analysis answered in words."""

    loinc: str
    npu: str | None
    name: str
    answer: str


Analysis = Measured | Found


@dataclass(frozen=True)
class Panel:
    """A report: its category of HL7 table 0074, its code, what is measured; a conclusion of None is made from the values."""

    category: str
    loinc: str
    name: str
    analyses: tuple[Analysis, ...] = ()
    conclusion: str | None = None


@dataclass(frozen=True)
class Story:
    """Something a person of a certain age sees the general practitioner for; age limits are both included."""

    ages: tuple[int, int]
    icpc: str
    name: str
    drug: Drug | None
    panel: Panel
    title: str
    note: str


@dataclass(frozen=True)
class HospitalStory:
    """Something a person of a certain age is treated for at the hospital; no nights means an outpatient visit."""

    ages: tuple[int, int]
    icd: str
    name: str
    clinician: str
    nights: int
    panel: Panel
    note: str


@dataclass(frozen=True)
class Allergy:
    """Something a person does not tolerate; the system of the code is ATC or SNOMED CT."""

    system: str
    code: str
    name: str
    category: str
    criticality: str
    reaction: str


@dataclass(frozen=True)
class Vaccine:
    """A vaccine, its ATC code, and at how many days of age the childhood programme gives it."""

    atc: str
    name: str
    due: tuple[int, ...] = ()


ATC = "http://www.whocc.no/atc"
SNOMED = "http://snomed.info/sct"

HAEMOGLOBIN = Measured("718-7", "NPU28309", "Hemoglobin", "g/dL", "g/dL", 1, (118, 162), (117, 170))
CRP = Measured("1988-5", "NPU19748", "CRP", "mg/L", "mg/L", 0, (1, 38), (0, 5))
HBA1C = Measured("59261-8", "NPU27300", "HbA1c (langtidsblodsukker)", "mmol/mol", "mmol/mol", 0, (44, 59), (28, 43))
CREATININE = Measured("14682-9", "NPU04998", "Kreatinin", "µmol/L", "umol/L", 0, (52, 112), (45, 105))
POTASSIUM = Measured("2823-3", "NPU03230", "Kalium", "mmol/L", "mmol/L", 1, (35, 49), (36, 50))
SODIUM = Measured("2951-2", "NPU03429", "Natrium", "mmol/L", "mmol/L", 0, (135, 146), (137, 145))
CHOLESTEROL = Measured("14647-2", "NPU01566", "Kolesterol", "mmol/L", "mmol/L", 1, (36, 72), (33, 69))
LDL = Measured("22748-8", "NPU01568", "LDL-kolesterol", "mmol/L", "mmol/L", 1, (16, 46), (14, 47))
TSH = Measured("3016-3", "NPU27547", "TSH", "mIE/L", "m[IU]/L", 2, (60, 480), (50, 360))
FREE_T4 = Measured("14920-3", None, "Fritt T4", "pmol/L", "pmol/L", 1, (110, 205), (120, 220))
FERRITIN = Measured("2276-4", "NPU19763", "Ferritin", "µg/L", "ug/L", 0, (12, 160), (15, 160))
VITAMIN_D = Measured("14635-7", None, "Vitamin D", "nmol/L", "nmol/L", 0, (42, 110), (50, 150))
CALCIUM = Measured("2000-8", None, "Kalsium", "mmol/L", "mmol/L", 2, (218, 252), (215, 251))
PROBNP = Measured("33762-6", None, "NT-proBNP", "ng/L", "ng/L", 0, (180, 2400), (0, 300))
IGE = Measured("19113-0", None, "Total IgE", "kU/L", "k[IU]/L", 0, (12, 310), (0, 120))
LEUKOCYTES = Measured("6690-2", "NPU02593", "Leukocytter", "10⁹/L", "10*9/L", 1, (38, 126), (35, 110))
COVID = Found("94500-6", None, "Koronavirus (SARS-CoV-2)", "Ikke påvist.")

INFECTION = Panel("LAB", "1988-5", "CRP", (CRP,))
IRON = Panel("LAB", "11502-2", "Blodprosent og jernlager", (HAEMOGLOBIN, FERRITIN))
BLOOD_COUNT = Panel("LAB", "718-7", "Blodprosent", (HAEMOGLOBIN,))
DIABETES = Panel("LAB", "11502-2", "Blodprøver ved diabetes", (HBA1C, CREATININE, LDL))
BLOOD_PRESSURE = Panel("LAB", "51990-0", "Blodprøver ved høyt blodtrykk", (CREATININE, POTASSIUM, SODIUM))
HEART = Panel("LAB", "11502-2", "Blodprøver ved hjertesykdom", (PROBNP, CREATININE, POTASSIUM))
LIPIDS = Panel("LAB", "57698-3", "Fettstoffer i blodet", (CHOLESTEROL, LDL))
THYROID = Panel("LAB", "11502-2", "Stoffskifteprøver", (TSH, FREE_T4))
BONES = Panel("LAB", "11502-2", "Blodprøver for skjelettet", (CALCIUM, VITAMIN_D))
ALLERGY_TEST = Panel("LAB", "11502-2", "Allergiprøve", (IGE,))
GENERAL = Panel("LAB", "11502-2", "Vanlige blodprøver", (HAEMOGLOBIN, TSH))
COVID_TEST = Panel("LAB", "94500-6", "Koronatest", (COVID,), "Koronavirus ble ikke påvist.")

PARACETAMOL = Drug("N02BE01", "Paracetamol", "Paracetamol 500 mg tabletter", "1-2 tabletter inntil fire ganger om dagen ved smerter", prescribed=False)
VITAMIN_DROPS = Drug("A11CC05", "Kolekalsiferol", "Vitamin D dråper", "5 dråper om dagen", prescribed=False)
BONE_TABLETS = Drug("A12AX", "Kalsium og vitamin D", "Kalsium og vitamin D tyggetabletter", "1 tablett om dagen", prescribed=False)

LASTING = (
    Story((0, 40), "S87", "Atopisk eksem", Drug("D07AA02", "Hydrokortison", "Hydrokortison 1 % krem", "Smøres tynt på utslettet én gang om dagen i to uker"), ALLERGY_TEST, "Kontroll av eksem", "Tørr hud og litt kløe i albuer og knær. Vi ble enige om å smøre med fuktighetskrem hver dag, og med kortisonkrem når det blusser opp."),
    Story((1, 12), "D12", "Forstoppelse", Drug("A06AD65", "Makrogol", "Makrogol pulver til drikk", "1 pose om dagen"), IRON, "Kontroll av magen", "Treg mage i flere uker, men barnet vokser og spiser godt. Fortsett med pulveret i tre måneder og faste tider på do."),
    Story((4, 60), "R96", "Astma", Drug("R03BA02", "Budesonid", "Budesonid inhalasjonspulver 200 mikrogram", "1 inhalasjon morgen og kveld"), ALLERGY_TEST, "Astmakontroll", "Lite plager i hverdagen. Pusten er fin på blåseprøven. Vi gikk gjennom hvordan medisinen skal tas."),
    Story((6, 50), "R97", "Pollenallergi", Drug("R06AE07", "Cetirizin", "Cetirizin 10 mg tabletter", "1 tablett om dagen i pollensesongen"), ALLERGY_TEST, "Kontroll av pollenallergi", "Rennende nese og kløende øyne om våren. Start med allergitabletter to uker før bjørka blomstrer."),
    Story((12, 60), "B80", "Jernmangel", Drug("B03AA07", "Jernsulfat", "Jernsulfat 100 mg depottabletter", "1 tablett om dagen"), IRON, "Kontroll av jernmangel", "Sliten den siste tiden, og jernlageret har vært lavt. Ta jerntabletter i tre måneder. Deretter nye blodprøver."),
    Story((16, 60), "N89", "Migrene", Drug("N02CC01", "Sumatriptan", "Sumatriptan 50 mg tabletter", "1 tablett ved anfall, høyst to på ett døgn"), GENERAL, "Kontroll av migrene", "Anfall omtrent to ganger i måneden. Medisinen virker når den tas tidlig. Før gjerne hodepinedagbok til neste gang."),
    Story((25, 92), "T86", "Lavt stoffskifte", Drug("H03AA01", "Levotyroksin", "Levotyroksin 50 mikrogram tabletter", "1 tablett hver morgen, en halv time før frokost"), THYROID, "Kontroll av stoffskiftet", "Føler seg bra. Samme dose videre. Nye blodprøver om et halvt år."),
    Story((40, 80), "T93", "Høyt kolesterol", Drug("C10AA05", "Atorvastatin", "Atorvastatin 20 mg tabletter", "1 tablett om kvelden"), LIPIDS, "Kontroll av kolesterol", "Tåler medisinen godt. Vi snakket om kost og mosjon. Ny kontroll om et år."),
    Story((40, 99), "K86", "Høyt blodtrykk", Drug("C08CA01", "Amlodipin", "Amlodipin 5 mg tabletter", "1 tablett hver morgen"), BLOOD_PRESSURE, "Blodtrykkskontroll", "Blodtrykket er fint med dagens medisin. Ingen plager. Vi fortsetter som før og ses igjen om et halvt år."),
    Story((45, 95), "T90", "Diabetes type 2", Drug("A10BA02", "Metformin", "Metformin 500 mg tabletter", "1 tablett morgen og kveld, sammen med mat"), DIABETES, "Diabeteskontroll", "Årskontroll. Føttene er fine, og synet er undersøkt hos øyelege. Fortsett med turer hver dag."),
    Story((55, 95), "L90", "Slitasje i kneet", Drug("M01AE02", "Naproksen", "Naproksen 250 mg tabletter", "1 tablett inntil to ganger om dagen ved behov"), BONES, "Vondt i kneet", "Stiv om morgenen og vondt i trapper. Røntgen viser slitasje. Trening er den viktigste behandlingen."),
    Story((65, 99), "K78", "Atrieflimmer", Drug("B01AF02", "Apiksaban", "Apiksaban 5 mg tabletter", "1 tablett morgen og kveld"), HEART, "Kontroll av hjerterytmen", "Ujevn puls, men ingen plager. Blodfortynnende medisin hver dag er viktig, også når du føler deg frisk."),
    Story((70, 99), "K77", "Hjertesvikt", Drug("C03CA01", "Furosemid", "Furosemid 40 mg tabletter", "1 tablett hver morgen"), HEART, "Kontroll av hjertesvikt", "Mindre hovne ben enn sist. Vei deg hver morgen, og ring legekontoret hvis vekten øker mer enn to kilo på tre dager."),
    Story((65, 99), "L95", "Benskjørhet", Drug("M05BA04", "Alendronat", "Alendronat 70 mg tabletter", "1 tablett hver mandag morgen"), BONES, "Kontroll av benskjørhet", "Ingen nye brudd. Fortsett med ukestabletten og med balansetrening."),
)
"""Stays on the problem list."""

PENICILLIN_DROPS = Drug("J01CE02", "Fenoksymetylpenicillin", "Penicillin mikstur", "5 ml fire ganger om dagen i fem dager")
EYE_DROPS = Drug("S01AA01", "Kloramfenikol", "Kloramfenikol øyedråper", "1 dråpe fire ganger om dagen i fem dager")

PASSING = (
    Story((0, 1), "S89", "Bleieutslett", None, BLOOD_COUNT, "Utslett i bleieområdet", "Rød hud under bleien. Luft og sinksalve hjelper. Ta kontakt hvis det ikke er bedre om en uke."),
    Story((0, 8), "H71", "Ørebetennelse", PENICILLIN_DROPS, INFECTION, "Vondt i øret", "Rød og bulende trommehinne på høyre side. Penicillin i fem dager."),
    Story((0, 99), "R74", "Forkjølelse", None, INFECTION, "Hoste og snue", "Hoste og snue i en uke. Lungene høres fine ut. Dette går over av seg selv."),
    Story((1, 20), "F70", "Øyekatarr", EYE_DROPS, BLOOD_COUNT, "Rødt øye", "Rødt øye med puss. Vask med lunkent vann og bruk øyedråper i fem dager."),
    Story((2, 15), "D73", "Omgangssyke", None, INFECTION, "Oppkast og diaré", "Oppkast siden i går, men drikker litt. Gi små slurker ofte. Hjemme til 48 timer etter siste oppkast."),
    Story((13, 24), "S96", "Kviser", Drug("D10AD53", "Adapalen", "Adapalen og benzoylperoksid gel", "Smøres tynt på om kvelden"), BLOOD_COUNT, "Kviser", "Kviser i ansiktet. Prøv gelen i tre måneder. Huden kan bli litt tørr i starten."),
    Story((8, 45), "L77", "Forstuet ankel", PARACETAMOL, BLOOD_COUNT, "Vondt i ankelen", "Tråkket over på trening. Ingen tegn til brudd. Hvile, så forsiktig trening når det ikke gjør vondt."),
    Story((18, 95), "U71", "Urinveisinfeksjon", Drug("J01CA08", "Pivmecillinam", "Pivmecillinam 200 mg tabletter", "1 tablett tre ganger om dagen i tre dager"), INFECTION, "Svie ved vannlating", "Svie og hyppig vannlating i to dager, ikke feber. Tre dagers kur. Drikk godt."),
    Story((18, 75), "L03", "Vondt i ryggen", PARACETAMOL, INFECTION, "Ryggsmerter", "Akutt vondt i korsryggen etter løft. Ingen tegn til alvorlig sykdom. Hold deg i bevegelse."),
    Story((30, 80), "L08", "Vond skulder", PARACETAMOL, BLOOD_COUNT, "Skuldersmerter", "Vondt når armen løftes. Øvelser og tålmodighet hjelper de fleste. Henvist til fysioterapeut."),
    Story((16, 70), "P06", "Søvnvansker", None, BLOOD_COUNT, "Sover dårlig", "Vanskelig å sovne siden i høst. Vi snakket om faste tider og mindre skjerm om kvelden."),
)
"""Comes and goes."""

XRAY_WRIST = Panel("RAD", "18748-4", "Røntgen av håndledd", (), "Brudd i håndleddet uten feilstilling.")
BIOPSY = Panel("PAT", "11526-1", "Vevsprøve fra hud", (), "Godartet føflekk. Ingen videre oppfølging.")
BOWEL_BIOPSY = Panel("PAT", "11526-1", "Vevsprøve fra tynntarm", (), "Forandringer som ved cøliaki.")
GENETIC = Panel("GE", "51969-4", "Genetisk undersøkelse", (), "Svaret gis i samtale med legen.")
ADMISSION = Panel("LAB", "11502-2", "Blodprøver ved innleggelse", (CRP, LEUKOCYTES, HAEMOGLOBIN))
NEWBORN = Panel("LAB", "54089-8", "Nyfødtscreening", (Found("54089-8", None, "Nyfødtscreening", "Ingen funn."),), "Ingen av de undersøkte sykdommene ble funnet.")

BIRTH = HospitalStory((0, 0), "Z380", "Nyfødt, enkeltfødsel", "midwife-1", 2, NEWBORN, "Frisk og fin baby. Spiser godt og er klar for å reise hjem. Helsestasjonen tar kontakt den første uken.")

HOSPITAL = (
    HospitalStory((2, 8), "H669", "Gjentatte ørebetennelser", "paediatrician-1", 0, ADMISSION, "Flere ørebetennelser det siste året. Vi ser det an til over sommeren før vi vurderer dren."),
    HospitalStory((3, 17), "J459", "Astma", "paediatrician-1", 0, ALLERGY_TEST, "Fin utvikling. Fortsetter med samme medisin. Fastlegen følger opp videre."),
    HospitalStory((6, 90), "S525", "Brudd i håndleddet", "surgeon-1", 0, XRAY_WRIST, "Bruddet står godt. Gips i fem uker, så kontroll med nytt røntgenbilde."),
    HospitalStory((8, 50), "K358", "Blindtarmbetennelse", "physician-1", 2, ADMISSION, "Operert med kikkhull uten problemer. Lette måltider de første dagene. Ingen tunge løft i to uker."),
    HospitalStory((10, 60), "K900", "Cøliaki", "physician-1", 0, BOWEL_BIOPSY, "Prøvene tyder på cøliaki. Du får time hos klinisk ernæringsfysiolog for å lære om glutenfri mat."),
    HospitalStory((18, 75), "D229", "Føflekk fjernet", "physician-1", 0, BIOPSY, "Føflekken er fjernet og sendt til undersøkelse. Stingene tas hos fastlegen etter to uker."),
    HospitalStory((20, 60), "Z315", "Genetisk veiledning", "geneticist-1", 0, GENETIC, "Vi snakket om arv og om hva en gentest kan og ikke kan svare på."),
    HospitalStory((50, 99), "J189", "Lungebetennelse", "physician-1", 3, ADMISSION, "Innlagt med feber og tung pust. Bedre etter antibiotika. Kuren fullføres hjemme."),
    HospitalStory((60, 99), "I489", "Atrieflimmer", "physician-1", 2, HEART, "Innlagt med rask og ujevn puls. Pulsen er rolig igjen. Time til kontroll er sendt."),
    HospitalStory((65, 99), "H259", "Grå stær", "physician-1", 0, BLOOD_PRESSURE, "Operert på høyre øye uten problemer. Øyedråper i tre uker."),
)

NO_KNOWN_ALLERGY = Allergy(SNOMED, "716186003", "Ingen kjente allergier", "", "", "")

ALLERGIES = (
    Allergy(ATC, "J01CE", "Penicillin", "medication", "high", "Utslett og hevelse i ansiktet"),
    Allergy(ATC, "M01AE01", "Ibuprofen", "medication", "low", "Utslett"),
    Allergy(SNOMED, "256349002", "Peanøtter", "food", "high", "Tung pust"),
    Allergy(SNOMED, "102263004", "Egg", "food", "low", "Kløe i munnen"),
    Allergy(SNOMED, "256277009", "Gresspollen", "environment", "low", "Rennende nese"),
    Allergy(SNOMED, "260152009", "Katt", "environment", "low", "Kløende øyne"),
)

PROGRAMME = (
    Vaccine("J07BH01", "Rotavirusvaksine", (42, 91)),
    Vaccine("J07CA09", "Vaksine mot difteri, stivkrampe, kikhoste, polio, Hib og hepatitt B", (91, 152, 366)),
    Vaccine("J07AL02", "Pneumokokkvaksine", (91, 152, 366)),
    Vaccine("J07BD52", "Vaksine mot meslinger, kusma og røde hunder", (457, 11 * 365 + 200)),
    Vaccine("J07CA02", "Vaksine mot difteri, stivkrampe, kikhoste og polio", (7 * 365 + 200, 15 * 365 + 200)),
    Vaccine("J07BM03", "HPV-vaksine", (12 * 365 + 200, 12 * 365 + 385)),
)
"""The Norwegian childhood programme, by age in days."""

ADULT_BOOSTER = Vaccine("J07CA02", "Vaksine mot difteri, stivkrampe, kikhoste og polio")
INFLUENZA = Vaccine("J07BB02", "Influensavaksine")
PNEUMOCOCCI = Vaccine("J07AL02", "Pneumokokkvaksine")
TICK = Vaccine("J07BA01", "Vaksine mot skogflåttencefalitt")
TRAVEL = Vaccine("J07BC02", "Vaksine mot hepatitt A")

HEALTH_STATION = ("Kontroll på helsestasjonen", "Barnet vokser fint og følger kurven sin. Vi snakket om søvn, mat og lek. Foreldrene hadde ingen bekymringer.")
SCHOOL_NURSE = ("Samtale med helsesykepleier", "Helsesamtale på skolen. Trives godt, har venner og sover nok. Kan ta kontakt når som helst.")
PHYSIOTHERAPY = ("Trening hos fysioterapeut", "Vi gikk gjennom øvelsene på nytt. Fin framgang siden sist. Fortsett hjemme tre ganger i uken.")
HOME_CARE = ("Besøk av hjemmesykepleien", "Hjelp med medisiner og støttestrømper. Alt vel hjemme.")
CARE_GROUP = ("Ansvarsgruppemøte hjemme", "Møte hjemme med pårørende, hjemmesykepleier og koordinator. Vi ble enige om trygghetsalarm og dagsenter én dag i uken.")
VIDEO = "Samtale på video. Svar på prøver og videre plan er gjennomgått."
