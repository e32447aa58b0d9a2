"""Makes the HR master data of an invented health region, the same bytes every time.

    python make.py                              write the files beside this script
    python make.py --check                      fail if the files differ, or break a promise of README.md
    python make.py --as-of 2027-05-03 --out DIR the same region with dates told from another day

Everybody is invented. National ids are synthetic (month + 80), HPR numbers are longer than any in use,
telephone numbers begin with +4710, where nobody can answer.
"""

import argparse
import csv
import io
import json
import random
import sys
import unicodedata
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).parent
sys.dont_write_bytecode = True
SEED = 20261201
AS_OF = date(2026, 12, 1)

UNIT_COLUMNS = ["unit_code", "hf_code", "name", "level", "parent_code", "leader_object_id"]
POSITION_COLUMNS = [
    "object_id", "national_id", "given_name", "family_name", "hf_code", "cost_centre", "employment_id",
    "title", "start_date", "end_date", "percentage", "job_code", "track", "leader_object_id", "hpr_number",
    "work_email", "private_email", "phone",
]  # fmt: skip
REQUIRED = {
    "unit_code", "hf_code", "name", "level", "object_id", "national_id", "given_name", "family_name",
    "cost_centre", "employment_id", "title", "start_date",
}  # fmt: skip

# --- the organisation -------------------------------------------------------------------------------

UNITS = [  # code, trust, name, level, parent
    ("HKV", "HKVA", "Helse Kyst og Vidde RHF", "rhf", ""),
    ("HKVA", "HKVA", "Helse Kyst og Vidde RHF, administrasjonen", "hf", "HKV"),
    ("HAV", "HAV", "Havnes universitetssykehus HF", "hf", "HKV"),
    ("VID", "VID", "Vidda sykehus HF", "hf", "HKV"),
    ("HAV-MED", "HAV", "Medisinsk klinikk", "clinic", "HAV"),
    ("HAV-KIR", "HAV", "Kirurgisk klinikk", "clinic", "HAV"),
    ("HAV-AKU", "HAV", "Akuttklinikken", "clinic", "HAV"),
    ("HAV-PSY", "HAV", "Klinikk for psykisk helse", "clinic", "HAV"),
    ("HAV-STA", "HAV", "Stab", "clinic", "HAV"),
    ("VID-SOM", "VID", "Somatisk klinikk", "clinic", "VID"),
    ("VID-PHR", "VID", "Klinikk for psykisk helse og rus", "clinic", "VID"),
    ("VID-STA", "VID", "Stab", "clinic", "VID"),
    ("HAV-HJE", "HAV", "Hjertemedisinsk avdeling", "department", "HAV-MED"),
    ("HAV-LUN", "HAV", "Avdeling for lunge- og infeksjonssykdommer", "department", "HAV-MED"),
    ("HAV-GER", "HAV", "Avdeling for geriatri og hjerneslag", "department", "HAV-MED"),
    ("HAV-ORT", "HAV", "Ortopedisk avdeling", "department", "HAV-KIR"),
    ("HAV-GAS", "HAV", "Gastrokirurgisk avdeling", "department", "HAV-KIR"),
    ("HAV-GYN", "HAV", "Avdeling for gynekologi og fødselshjelp", "department", "HAV-KIR"),
    ("HAV-MOT", "HAV", "Akuttmottaket", "department", "HAV-AKU"),
    ("HAV-ANE", "HAV", "Anestesi- og intensivavdelingen", "department", "HAV-AKU"),
    ("HAV-VOP", "HAV", "Voksenpsykiatrisk avdeling", "department", "HAV-PSY"),
    ("HAV-HRU", "HAV", "HR- og utdanningsavdelingen", "department", "HAV-STA"),
    ("VID-MED", "VID", "Medisinsk avdeling", "department", "VID-SOM"),
    ("VID-KIR", "VID", "Kirurgisk avdeling", "department", "VID-SOM"),
    ("VID-MOT", "VID", "Akuttmottak og observasjonspost", "department", "VID-SOM"),
    ("VID-DPS", "VID", "Distriktspsykiatrisk senter", "department", "VID-PHR"),
    ("VID-FAG", "VID", "Fag- og utdanningsavdelingen", "department", "VID-STA"),
]

# Cost centre: code, name, parent, and who works there. A title marked ">CODE" leads those units as well as
# being employed here; the first marked "*" leads the cost centre.
STAFF = [
    ("900100", "Regional ledelse og fagstab", "HKVA",
     "Administrerende direktør*>HKV>HKVA, Fagdirektør, Rådgiver 2, Konsulent"),
    ("100100", "Foretaksledelsen Havnes", "HAV", "Administrerende direktør*>HAV, Rådgiver 2, Konsulent"),
    ("110100", "Ledelsen, medisinsk klinikk", "HAV-MED", "Klinikksjef*>HAV-MED, Konsulent"),
    ("120100", "Ledelsen, kirurgisk klinikk", "HAV-KIR", "Klinikksjef*>HAV-KIR, Konsulent"),
    ("130100", "Ledelsen, akuttklinikken", "HAV-AKU", "Klinikksjef*>HAV-AKU, Konsulent"),
    ("140100", "Ledelsen, psykisk helse", "HAV-PSY", "Klinikksjef*>HAV-PSY, Konsulent"),
    ("150100", "Ledelsen, stab", "HAV-STA", "Stabsdirektør*>HAV-STA"),
    ("110210", "Hjerte, leger", "HAV-HJE",
     "Avdelingsoverlege>HAV-HJE, Seksjonsoverlege*, Overlege 5, Lege i spesialisering 2, LIS1-lege 2"),
    ("110220", "Hjerte, sengepost", "HAV-HJE",
     "Seksjonsleder*, Sykepleier 11, Spesialsykepleier 4, Helsefagarbeider 2, Lærling i helsearbeiderfaget"),
    ("110230", "Hjerte, poliklinikk", "HAV-HJE", "Seksjonsleder*, Sykepleier 3, Helsesekretær 3"),
    ("110310", "Lunge og infeksjon, leger", "HAV-LUN",
     "Avdelingsoverlege>HAV-LUN, Seksjonsoverlege*, Overlege 4, Lege i spesialisering, LIS1-lege"),
    ("110320", "Lunge og infeksjon, sengepost", "HAV-LUN", "Seksjonsleder*, Sykepleier 9, Helsefagarbeider 3"),
    ("110410", "Geriatri og hjerneslag, leger", "HAV-GER",
     "Avdelingsoverlege>HAV-GER, Seksjonsoverlege*, Overlege 3, Lege i spesialisering, LIS1-lege"),
    ("110420", "Slagenhet og geriatrisk post", "HAV-GER",
     "Seksjonsleder*, Sykepleier 8, Helsefagarbeider 4, Fysioterapeut 2"),
    ("120210", "Ortopedi, leger", "HAV-ORT",
     "Avdelingsoverlege>HAV-ORT, Seksjonsoverlege*, Overlege 5, Lege i spesialisering, LIS1-lege"),
    ("120220", "Ortopedi, sengepost", "HAV-ORT", "Seksjonsleder*, Sykepleier 9, Helsefagarbeider 2"),
    ("120310", "Gastrokirurgi, leger", "HAV-GAS",
     "Avdelingsoverlege>HAV-GAS, Seksjonsoverlege*, Overlege 4, Lege i spesialisering"),
    ("120320", "Gastrokirurgi, sengepost", "HAV-GAS", "Seksjonsleder*, Sykepleier 8, Helsefagarbeider 2"),
    ("120410", "Gynekologi, leger", "HAV-GYN",
     "Avdelingsoverlege>HAV-GYN, Seksjonsoverlege*, Overlege 4, Lege i spesialisering"),
    ("120420", "Føde- og barselenheten", "HAV-GYN", "Seksjonsleder*, Jordmor 8"),
    ("130210", "Akuttmottak, leger", "HAV-MOT",
     "Avdelingsoverlege>HAV-MOT, Seksjonsoverlege*, Overlege 4, Lege i spesialisering 3, LIS1-lege 2"),
    ("130220", "Akuttmottak, sykepleietjenesten", "HAV-MOT",
     "Seksjonsleder*, Sykepleier 10, Spesialsykepleier 3, Helsesekretær 2"),
    ("130310", "Anestesi, leger", "HAV-ANE",
     "Avdelingsoverlege>HAV-ANE, Seksjonsoverlege*, Overlege 5, Lege i spesialisering"),
    ("130320", "Intensivenheten", "HAV-ANE", "Seksjonsleder*, Intensivsykepleier 13"),
    ("140210", "Voksenpsykiatri, behandlere", "HAV-VOP",
     "Avdelingsleder>HAV-VOP, Seksjonsoverlege*, Overlege 3, Psykologspesialist 3"),
    ("140220", "Akuttpsykiatrisk døgnenhet", "HAV-VOP", "Seksjonsleder*, Sykepleier 4, Vernepleier 4"),
    ("150210", "HR og legeutdanning", "HAV-HRU", "Avdelingsleder*>HAV-HRU, Rådgiver 4, Konsulent 2"),
    ("200100", "Foretaksledelsen Vidda", "VID", "Administrerende direktør*>VID, Rådgiver"),
    ("210100", "Ledelsen, somatisk klinikk", "VID-SOM", "Klinikksjef*>VID-SOM, Konsulent"),
    ("220100", "Ledelsen, psykisk helse og rus", "VID-PHR", "Klinikksjef*>VID-PHR, Konsulent"),
    ("230100", "Ledelsen, stab", "VID-STA", "Fagdirektør*>VID-STA"),
    ("210210", "Medisin, leger", "VID-MED",
     "Avdelingsoverlege>VID-MED, Seksjonsoverlege*, Overlege 4, Lege i spesialisering, LIS1-lege 2"),
    ("210220", "Medisin, sengepost", "VID-MED",
     "Seksjonsleder*, Sykepleier 7, Helsefagarbeider 3, Lærling i helsearbeiderfaget"),
    ("210310", "Kirurgi, leger", "VID-KIR",
     "Avdelingsoverlege>VID-KIR, Seksjonsoverlege*, Overlege 3, Lege i spesialisering, LIS1-lege"),
    ("210320", "Kirurgi, sengepost", "VID-KIR", "Seksjonsleder*, Sykepleier 6, Helsefagarbeider 2"),
    ("210410", "Akuttmottak og observasjon", "VID-MOT",
     "Avdelingsleder>VID-MOT, Seksjonsoverlege*, Overlege 2, Lege i spesialisering, Sykepleier 7"),
    ("220210", "Psykisk helse, poliklinikk og ambulant team", "VID-DPS",
     "Avdelingsleder>VID-DPS, Seksjonsoverlege*, Overlege 2, Lege i spesialisering, Psykologspesialist 3, "
     "Vernepleier 3, Sykepleier 3"),
    ("230210", "Fag og legeutdanning", "VID-FAG", "Avdelingsleder*>VID-FAG, Rådgiver 2, Konsulent"),
]  # fmt: skip

JOB_CODES = {  # title: (job code, track)
    "Administrerende direktør": ("1101", "none"), "Fagdirektør": ("1102", "none"),
    "Stabsdirektør": ("1103", "none"), "Klinikksjef": ("1110", "none"), "Avdelingsleder": ("1120", "none"),
    "Seksjonsleder": ("1130", "none"), "Avdelingsoverlege": ("2101", "none"),
    "Seksjonsoverlege": ("2102", "none"), "Overlege": ("2103", "none"),
    "Lege i spesialisering": ("2110", "lis2_3"), "LIS1-lege": ("2115", "lis1"),
    "Psykologspesialist": ("2201", "none"), "Sykepleier": ("3101", "none"),
    "Spesialsykepleier": ("3102", "none"), "Intensivsykepleier": ("3103", "none"), "Jordmor": ("3105", "none"),
    "Vernepleier": ("3110", "none"), "Fysioterapeut": ("3120", "none"), "Helsefagarbeider": ("3201", "none"),
    "Lærling i helsearbeiderfaget": ("3290", "apprentice"), "Helsesekretær": ("4101", "none"),
    "Rådgiver": ("5101", "none"), "Konsulent": ("5102", "none"),
}  # fmt: skip
WITH_HPR = {code for title, (code, _) in JOB_CODES.items() if code[0] in "23" and code != "3290"}

# --- the people -------------------------------------------------------------------------------------

WOMEN = """Ingrid Marte Silje Kari Anne Hilde Solveig Åse Åshild Gøril Bjørg Tone Nina Camilla Ida Emilie Nora
Maja Frida Thea Sara Hanne Berit Randi Turid Ellen Marit Astrid Sigrid Ragnhild Guro Synnøve Torunn Liv Oddny
Eli Maren Karoline Vilde Tuva Live Mathilde Helene Kristin Elin Trine Cecilie Lise Bente Wenche Sunniva Eirin
Ann-Kristin Anne-Marte Elle Biret Risten Máret Inga Ravna Aisha Fatima Leyla Zahra Agnieszka Katarzyna Olena
Mai Linh Priya Amina Jasmina Žaneta Ewa""".split()
MEN = """Lars Ole Per Knut Bjørn Håkon Åge Ståle Øyvind Øystein Tor Svein Geir Jan Anders Martin Jonas Kristian
Henrik Magnus Sindre Eirik Sondre Emil Jakob Oskar Filip Mathias Tobias Simen Vegard Trond Terje Rune Stig Morten
Espen Frode Roar Kåre Jørgen Søren Sverre Halvor Aslak Eivind Gaute Torgeir Leif Ivar Ottar Jens Petter Nils
Mikkel Jovnna Ánte Niillas Máhtte Piera Ahmed Yusuf Mohammed Ali Tomasz Piotr Andrij Duc Arjun Goran Dragan Jan-Erik
Per-Arne Karl-Johan""".split()
FAMILIES = """Hansen Johansen Olsen Larsen Andersen Pedersen Nilsen Kristiansen Jensen Karlsen Johnsen Pettersen
Eriksen Berg Haugen Hagen Johannessen Andreassen Jacobsen Dahl Jørgensen Halvorsen Henriksen Lund Sørensen Jakobsen
Moen Gundersen Iversen Strand Solberg Svendsen Eide Knutsen Martinsen Paulsen Bakken Kristoffersen Mathisen Lie
Amundsen Nguyen Rasmussen Lunde Solheim Berge Moe Nygård Bakke Fredriksen Holm Lien Hauge Christensen Andresen Nielsen
Knudsen Evensen Sæther Aas Myhre Hanssen Ahmed Haugland Thomassen Sivertsen Simonsen Danielsen Sandvik Berntsen Ali
Rønning Arnesen Næss Antonsen Vik Haug Ellingsen Edvardsen Thorsen Gulbrandsen Isaksen Birkeland Ruud Aasen Ødegård
Østby Ås Åsheim Brækhus Fjørtoft Kjølås Grønås Bråten Skjærvø Kåsa Sjåstad Nordgård-Lien Vikør Ulvær Tømmerås
Návuotna Hætta Skáidi Guovža Čáhppe Njárga Eliassen-Várri Kowalska-Berg Nowak Shevchenko Tran Hussain Osmanović
Petrović Singh Warsame Abdi Kovač Haile Rahmani Yılmaz Lindqvist Mäkinen""".split()

# Persons the demo knows by name: (cost centre, title, nth) -> key, given, family, sex, birth year, start
PINNED = {
    ("110210", "LIS1-lege", 0): ("lis1", "Sunniva", "Lillebø-Hætta", "f", 1998, date(2026, 9, 1)),
    ("110210", "Seksjonsoverlege", 0): ("leader", "Torbjørn", "Engeskår", "m", 1971, date(2020, 2, 1)),
    ("110210", "Overlege", 0): ("supervisor", "Máret Inga", "Návuotna", "f", 1979, date(2021, 5, 3)),
    ("110210", "Overlege", 1): ("mentor", "Øystein", "Kjærås", "m", 1968, date(2020, 1, 1)),
    ("150210", "Rådgiver", 0): ("hf_admin", "Gro-Anita", "Tømmervåg", "f", 1974, date(2020, 8, 17)),
    ("150210", "Rådgiver", 1): ("lis_hf_admin", "Jasmina", "Osmanović", "f", 1986, date(2022, 1, 10)),
    ("900100", "Rådgiver", 0): ("rhf_admin", "Sverre", "Ødegårdstuen", "m", 1966, date(2020, 1, 1)),
    ("130210", "Lege i spesialisering", 0): ("lis_amm", "Niillas", "Guovža", "m", 1992, date(2024, 3, 1)),
    ("130210", "Seksjonsoverlege", 0): ("leader_amm", "Camilla", "Bråten Solheim", "f", 1976, date(2020, 6, 1)),
    ("130210", "Overlege", 0): ("training_lead", "Arjun", "Singh", "m", 1980, date(2021, 9, 1)),
    ("110220", "Lærling i helsearbeiderfaget", 0): ("apprentice", "Ánte", "Skáidi", "m", 2007, date(2025, 8, 18)),
    ("110220", "Seksjonsleder", 0): ("leader_ward", "Åshild", "Sjåstad", "f", 1981, date(2020, 4, 1)),
    ("210210", "Seksjonsoverlege", 0): ("leader_other_hf", "Ravna", "Čáhppe", "f", 1973, date(2020, 3, 1)),
    ("230210", "Rådgiver", 0): ("lis_hf_admin_other", "Per-Arne", "Fjørtoft", "m", 1984, date(2023, 2, 1)),
    ("120220", "Sykepleier", 0): (None, "Kari", "Hansen", "f", 1990, date(2022, 8, 1)),
    ("210220", "Sykepleier", 0): (None, "Kari", "Hansen", "f", 1969, date(2020, 1, 1)),
    ("140220", "Vernepleier", 0): (None, "Anne Margrethe Elisabeth", "Wedervang-Kristoffersen av Øvre Nygårdsmoen",
                                   "f", 1985, date(2021, 1, 4)),
    ("110420", "Fysioterapeut", 0): (None, "Bo", "Ek", "m", 1993, date(2023, 8, 1)),
}  # fmt: skip

SECOND_POSITIONS = [  # (home cost centre, title, nth, home %), other cost centre, title there, %, start
    (("110210", "Overlege", 2, 80), "210210", "Overlege", 20, date(2023, 1, 1)),
    (("130210", "Lege i spesialisering", 1, 50), "130310", "Lege i spesialisering", 50, date(2026, 1, 1)),
    (("110320", "Sykepleier", 3, 60), "130220", "Sykepleier", 40, date(2024, 9, 1)),
    (("150210", "Rådgiver", 2, 50), "230210", "Rådgiver", 50, date(2025, 1, 1)),
    (("120210", "Overlege", 1, 80), "150210", "Rådgiver", 20, date(2022, 10, 1)),
    (("210220", "Sykepleier", 2, 75), "210410", "Sykepleier", 25, date(2025, 6, 2)),
]  # fmt: skip

DOMAIN = {"HKVA": "kystogvidde.example", "HAV": "havnes.example", "VID": "vidda.example"}


def national_id(born: date, sex: str, rng: random.Random, taken: set[str]) -> str:
    """A synthetic national id: month + 80, individual digits fitting the birth year and sex, both control digits."""
    low, high = (0, 499) if born.year < 2000 else (500, 999)
    while True:
        individual = rng.randint(low, high) // 2 * 2 + (sex == "m")
        digits = f"{born.day:02}{born.month + 80:02}{born.year % 100:02}{individual:03}"
        for weights in ((3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)):
            control = -sum(w * int(d) for w, d in zip(weights, digits, strict=False)) % 11
            if control == 10:  # no such digit: another number
                break
            digits += str(control)
        if len(digits) == 11 and digits not in taken:
            taken.add(digits)
            return digits


def is_synthetic_id(digits: str) -> bool:
    """Whether the number is one of ours: 11 digits, a real date with month + 80, two valid control digits."""
    if len(digits) != 11 or not digits.isdigit():
        return False
    century = 1900 if int(digits[6:9]) < 500 else 2000
    try:
        date(century + int(digits[4:6]), int(digits[2:4]) - 80, int(digits[:2]))
    except ValueError:
        return False
    weights = ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))
    return all(sum(w * int(d) for w, d in zip(ws, digits, strict=False)) % 11 == 0 for ws in weights)


def mailbox(given: str, family: str) -> str:
    """`Máret Inga Návuotna` -> `maret.inga.navuotna`."""
    text = f"{given} {family}".lower()
    for letter, plain in {"æ": "ae", "ø": "o", "å": "a", "đ": "d", "ı": "i", "ŧ": "t"}.items():
        text = text.replace(letter, plain)
    text = unicodedata.normalize("NFKD", text)
    return ".".join("".join(c for c in text if c.isascii() and (c.isalnum() or c in " -")).split())[:60]


class Region:
    """The whole region as of a day: units, positions and the people the demo knows by name."""

    def __init__(self, as_of: date):
        self.as_of = as_of
        self.rng = random.Random(SEED)
        self.ids: set[str] = set()
        self.names: set[tuple[str, str]] = {(p[1], p[2]) for p in PINNED.values()}
        self.mailboxes: set[str] = set()
        self.people: dict[tuple[str, str, int], dict] = {}  # by slot: (cost centre, title, nth)
        self.known: dict[str, dict] = {}  # by persona key
        self.positions: list[dict] = []
        self.hf_of = {code: hf for code, hf, *_ in UNITS}
        self.leaders: dict[str, str] = {}
        self._employ_all()
        self.units = [
            dict(zip(UNIT_COLUMNS, (*unit, self.leaders.get(unit[0], "")), strict=True)) for unit in UNITS
        ] + [
            dict(zip(UNIT_COLUMNS, (code, self.hf_of[parent], name, "cost_centre", parent, self.leaders[code]),
                     strict=True))
            for code, name, parent, _ in STAFF
        ]  # fmt: skip
        self._special_cases()

    def _employ_all(self) -> None:
        for code, _, parent, staff in STAFF:
            self.hf_of[code] = self.hf_of[parent]
            for post in staff.split(", "):
                title, *leads = post.split(">")
                heads_cost_centre = title.endswith("*")
                title = title.rstrip("*")
                if title[-1].isdigit():
                    title, count = title.rsplit(" ", 1)
                else:
                    count = "1"
                for nth in range(int(count)):
                    person = self._employ(code, title, nth)
                    if heads_cost_centre:
                        self.leaders[code] = person["object_id"]
                    for unit in leads:
                        self.leaders[unit] = person["object_id"]

    def _employ(self, cost_centre: str, title: str, nth: int) -> dict:
        slot = (cost_centre, title, nth)
        rng = self.rng
        job_code, track = JOB_CODES[title]
        hf = self.hf_of[cost_centre]
        if slot in PINNED:
            key, given, family, sex, year, start = PINNED[slot]
        else:
            key, sex = None, "f" if rng.random() < (0.75 if job_code[0] in "34" else 0.5) else "m"
            given, family = self._name(sex)
            year = {"lis1": (1995, 2000), "lis2_3": (1985, 1997), "apprentice": (2006, 2008)}.get(
                track, (1962, 1996)
            )
            year = rng.randint(*year)
            start = self._start(track)
        born = date(year, rng.randint(1, 12), rng.randint(1, 28))
        number = len(self.people) + 1
        local, mail = mailbox(given, family), ""
        for suffix in ("", "2", "3"):
            mail = f"{local}{suffix}@{DOMAIN[hf]}"
            if mail not in self.mailboxes:
                break
        self.mailboxes.add(mail)
        person = {
            "object_id": f"P{100000 + number * 7}",
            "national_id": national_id(born, sex, rng, self.ids),
            "given_name": given,
            "family_name": family,
            "hpr_number": f"{990_000_000 + number * 137 + rng.randint(0, 99)}"
            if job_code in WITH_HPR
            else "",
            "work_email": mail,
            "private_email": f"{local}{number}@post.example" if track != "none" or rng.random() < 0.3 else "",
            "phone": f"+4710{300000 + number * 211:06}" if rng.random() < 0.9 else "",
        }
        self.people[slot] = person
        share = 100 if track != "none" or title not in ("Sykepleier", "Helsefagarbeider", "Helsesekretær", "Jordmor") \
            else rng.choice((100, 100, 100, 80, 75, 60, 50))  # fmt: skip
        position = self._position(person, cost_centre, title, start, share)
        if key:
            self.known[key] = position
        return person

    def _name(self, sex: str) -> tuple[str, str]:
        while True:
            name = (self.rng.choice(WOMEN if sex == "f" else MEN), self.rng.choice(FAMILIES))
            if name not in self.names:
                self.names.add(name)
                return name

    def _start(self, track: str) -> date:
        rng = self.rng
        if track == "lis1":
            return rng.choice((date(2026, 3, 1), date(2026, 9, 1)))
        if track == "apprentice":
            return date(2026, 8, 17)
        if track == "lis2_3":
            return date(rng.randint(2021, 2025), rng.choice((3, 9)), 1)
        return date(rng.randint(2020, 2025), rng.randint(1, 12), rng.choice((1, 1, 1, 15)))

    def _position(self, person: dict, cost_centre: str, title: str, start: date, share: int) -> dict:
        job_code, track = JOB_CODES[title]
        row = {
            **person,
            "hf_code": self.hf_of[cost_centre],
            "cost_centre": cost_centre,
            "employment_id": f"A{500000 + len(self.positions) + 1}",
            "title": title,
            "start_date": start.isoformat(),
            "end_date": "",
            "percentage": share,
            "job_code": job_code,
            # LIS1 and apprentices are marked by HR; the track of others follows from the job code.
            "track": track if track in ("lis1", "apprentice") else "",
            "leader_object_id": "",
        }
        row = {column: row[column] for column in POSITION_COLUMNS}
        self.positions.append(row)
        return row

    def row(self, slot: tuple[str, str, int]) -> dict:
        """The person's first position."""
        return next(r for r in self.positions if r["object_id"] == self.people[slot]["object_id"])

    def _special_cases(self) -> None:
        parent = {u["unit_code"]: u["parent_code"] for u in self.units}
        leads = {leader: unit for unit, leader in self.leaders.items() if unit[0].isalpha()}
        for row in self.positions:
            unit = leads.get(row["object_id"])
            if unit and self.leaders[row["cost_centre"]] != row["object_id"]:
                # A head of department sits among those of a section but is led from above.
                row["leader_object_id"] = self.leaders[parent[unit]]
        for (cost_centre, title, nth, home), other, other_title, share, start in SECOND_POSITIONS:
            slot = (cost_centre, title, nth)
            self.row(slot)["percentage"] = home
            self._position(self.people[slot], other, other_title, start, share)
        for nth in (1, 2):  # two of the trainees in the emergency department are led by a senior doctor
            self.row(("130210", "Lege i spesialisering", nth))["leader_object_id"] = \
                self.people[("130210", "Overlege", 1)]["object_id"]  # fmt: skip
        self.row(("130310", "Lege i spesialisering", 0))["start_date"] = (
            self.as_of + timedelta(13)
        ).isoformat()
        self.row(("110230", "Sykepleier", 2))["end_date"] = (self.as_of + timedelta(61)).isoformat()

    def snapshot(self) -> dict:
        return snapshot(self.units, self.positions, f"hkv-{self.as_of:%Y%m%d}", self.as_of - timedelta(1))

    def personas(self) -> dict:
        def hr(key: str, roles: list[str], tells: str) -> dict:
            row = self.known[key]
            keep = ("object_id", "national_id", "given_name", "family_name", "hpr_number", "work_email", "hf_code",
                    "cost_centre", "title")  # fmt: skip
            return {"key": key, "roles": roles, "tells": tells, **{k: row[k] for k in keep if row[k]}}

        rng = random.Random(SEED + 1)
        lis1 = self.known["lis1"]
        municipal = {
            "site": "municipal",
            "training_enterprises": [
                {"name": "Lyngvær kommune", "units": ["Lyngvær legesenter", "Lyngvær legevakt", "Lyngvær helsestasjon"]},
                {"name": "Ytre Sund kommune", "units": ["Ytre Sund legekontor"]},
            ],
            "registrations": [
                {
                    "key": "lis1", "register_as": "trainee", "national_id": lis1["national_id"],
                    "given_name": lis1["given_name"], "family_name": lis1["family_name"],
                    "hpr_number": lis1["hpr_number"], "email": lis1["private_email"], "phone": lis1["phone"],
                    "track": "lis1", "specialty": None, "training_enterprise": "Lyngvær kommune",
                    "department": "Lyngvær legesenter", "title": "LIS1-lege",
                    "tells": "Samme person som i sykehuset, med ny profil i kommunen.",
                },
                self._municipal(rng, "municipal_leader", "leader", "Oddrun", "Vassbø Eira", "f", 1965,
                                "Kommuneoverlege", "Lyngvær legesenter",
                                "Inviteres av LIS1-legen og godkjenner læringsmål i kommunen."),
                self._municipal(rng, "municipal_mentor", "mentor", "Håvard", "Kvåle", "m", 1977, "Fastlege",
                                "Lyngvær legesenter", "Veileder for LIS1-legen i kommunen."),
                self._municipal(rng, "municipal_supervisor", "supervisor", "Žaneta", "Lindqvist", "f", 1988,
                                "Legevaktlege", "Lyngvær legevakt", "Signerer læringsaktiviteter på legevakt."),
            ],
        }  # fmt: skip
        return {
            "hospital": [
                hr("lis1", ["trainee"], "LIS1-lege på Hjertemedisinsk avdeling."),
                hr("leader", [], "Leder for LIS1-legen, av HR."),
                hr("supervisor", [], "Overlege på samme avdeling; signerer læringsaktiviteter."),
                hr("mentor", [], "Registreres som veileder av LIS1-legen."),
                hr("hf_admin", ["hf_admin"], "HF-administrator ved Havnes."),
                hr("lis_hf_admin", ["lis_hf_admin"], "LIS HF Admin ved Havnes."),
                hr("rhf_admin", ["rhf_admin"], "RHF Admin i regionen."),
                hr("lis_amm", ["trainee"], "Lege i spesialisering i akutt- og mottaksmedisin."),
                hr("leader_amm", [], "Leder for legene i akuttmottaket, av HR."),
                hr(
                    "training_lead",
                    ["training_lead"],
                    "Utdanningsansvarlig overlege for akutt- og mottaksmedisin.",
                ),
                hr("apprentice", ["apprentice"], "Lærling i helsearbeiderfaget."),
                hr("leader_ward", [], "Leder for sengeposten og for lærlingen, av HR."),
                hr("leader_other_hf", [], "Leder for legene ved Medisinsk avdeling, Vidda."),
                hr("lis_hf_admin_other", ["lis_hf_admin"], "LIS HF Admin ved Vidda."),
            ],
            "municipal": municipal,
        }

    def _municipal(self, rng: random.Random, key: str, register_as: str, given: str, family: str, sex: str, year: int,
                   title: str, department: str, tells: str) -> dict:  # fmt: skip
        born = date(year, rng.randint(1, 12), rng.randint(1, 28))
        number = len(key) * 10 + rng.randint(0, 9)
        return {
            "key": key, "register_as": register_as, "national_id": national_id(born, sex, rng, self.ids),
            "given_name": given, "family_name": family, "hpr_number": f"{995_000_000 + rng.randint(1, 999_999)}",
            "email": f"{mailbox(given, family)}@post.example", "phone": f"+471090{number:04}",
            "training_enterprise": "Lyngvær kommune", "department": department, "title": title, "tells": tells,
        }  # fmt: skip

    def next_night(self) -> tuple[dict, dict]:
        """The snapshot of the following night, and what an import of it should report."""
        day, after = self.as_of, self.as_of + timedelta(1)
        rows = [dict(row) for row in self.positions]
        of = {row["employment_id"]: row for row in rows}

        rotating = of[self.row(("130210", "LIS1-lege", 0))["employment_id"]]
        rotating["end_date"] = day.isoformat()
        rotated = {**rotating, "employment_id": "A600001", "cost_centre": "110310", "hf_code": "HAV",
                   "start_date": after.isoformat(), "end_date": ""}  # fmt: skip
        leaving = of[self.row(("120320", "Sykepleier", 4))["employment_id"]]
        leaving["end_date"] = day.isoformat()
        releading = of[self.row(("130210", "Lege i spesialisering", 1))["employment_id"]]
        old_leader = releading["leader_object_id"]
        releading["leader_object_id"] = self.people[("130210", "Overlege", 2)]["object_id"]
        newcomer = {
            **of[self.row(("210310", "LIS1-lege", 0))["employment_id"]],
            "object_id": "P190001", "employment_id": "A600002", "given_name": "Tuva", "family_name": "Ånensen",
            "national_id": national_id(date(1999, 2, 17), "f", random.Random(SEED + 2), self.ids),
            "hpr_number": "990900001", "start_date": (after + timedelta(13)).isoformat(),
            "work_email": "tuva.anensen@vidda.example", "private_email": "tuva.anensen@post.example",
            "phone": "+4710990001",
        }  # fmt: skip
        rows += [rotated, newcomer]
        expected = {
            "after": "../snapshot.json",
            "import_on": after.isoformat(),
            "rotated": [{"object_id": rotating["object_id"], "from": rotating["cost_centre"],
                         "to": rotated["cost_centre"], "end_date": day.isoformat(), "start_date": after.isoformat()}],
            "ended": [{"object_id": leaving["object_id"], "cost_centre": leaving["cost_centre"],
                       "end_date": day.isoformat()}],
            "created": [{"object_id": newcomer["object_id"], "cost_centre": newcomer["cost_centre"],
                         "start_date": newcomer["start_date"]}],
            "leader_changed": [{"object_id": releading["object_id"], "cost_centre": releading["cost_centre"],
                                "from": old_leader, "to": releading["leader_object_id"]}],
            "errors": [],
            "warnings": [],
        }  # fmt: skip
        return snapshot(self.units, rows, f"hkv-{after:%Y%m%d}", day), expected


# --- files ------------------------------------------------------------------------------------------


def snapshot(units: list[dict], positions: list[dict], file_id: str, made_on: date, hf_codes: list[str] | None = None,
             rows: dict | None = None) -> dict:  # fmt: skip
    return {
        "manifest": {
            "file_id": file_id,
            "created_at": f"{made_on}T21:00:00Z",
            "hf_codes": hf_codes or sorted({u["hf_code"] for u in units}),
            "rows": rows or {"units": len(units), "positions": len(positions)},
        },
        "units": units,
        "positions": positions,
    }


def as_json(snap: dict) -> str:
    """One row a line; an optional field without a value is left out."""

    def line(row: dict) -> str:
        return json.dumps({k: v for k, v in row.items() if v != "" or k in REQUIRED}, ensure_ascii=False)

    parts = [f'"manifest": {json.dumps(snap["manifest"], ensure_ascii=False)}']
    for name in ("units", "positions"):
        if name in snap:
            parts.append(f'"{name}": [\n  ' + ",\n  ".join(map(line, snap[name])) + "\n]")
    return "{" + ",\n".join(parts) + "}\n"


def as_csv(rows: list[dict], columns: list[str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def all_files(as_of: date) -> dict[str, bytes]:
    from faulty_cases import faulty_files

    region = Region(as_of)
    snap = region.snapshot()
    files = {
        "snapshot.json": as_json(snap),
        "units.csv": as_csv(region.units, UNIT_COLUMNS),
        "positions.csv": as_csv(region.positions, POSITION_COLUMNS),
        "manifest.json": pretty(snap["manifest"]),
        "personas.json": pretty(region.personas()),
        "job-codes.json": "[\n" + ",\n".join(
            " " + json.dumps({"job_code": code, "title": title, "track": track}, ensure_ascii=False)
            for title, (code, track) in sorted(JOB_CODES.items(), key=lambda item: item[1])
        ) + "\n]\n",
    }  # fmt: skip
    night, expected = region.next_night()
    files["next/snapshot.json"] = as_json(night)
    files["next/expected.json"] = pretty(expected)
    encoded = {name: text.encode() for name, text in files.items()}
    return encoded | {f"faulty/{name}": content for name, content in faulty_files(as_of).items()}


# --- promises ---------------------------------------------------------------------------------------


def leader_of(row: dict, units: dict[str, dict]) -> str | None:
    """IDN-116: the leader named on the row, else of the nearest unit upwards with one other than the employee."""
    if row["leader_object_id"]:
        return row["leader_object_id"]
    unit = units.get(row["cost_centre"])
    while unit:
        if unit["leader_object_id"] not in ("", row["object_id"]):
            return unit["leader_object_id"]
        unit = units.get(unit["parent_code"])
    return None


def broken_promises(region: Region) -> list[str]:
    units = {u["unit_code"]: u for u in region.units}
    rows = region.positions
    track = {r["object_id"]: JOB_CODES[r["title"]][1] for r in rows}
    leaders = {r["object_id"]: leader_of(r, units) for r in reversed(rows)}
    wrong = []

    def promise(holds: bool, what: str) -> None:
        if not holds:
            wrong.append(what)

    promise(len(leaders) == 300, f"300 persons, not {len(leaders)}")
    promise(
        Counter(track.values())["lis1"] == 10 and Counter(track.values())["lis2_3"] == 15, "10 + 15 trainees"
    )
    promise(Counter(track.values())["apprentice"] == 2, "2 apprentices")
    promise(Counter(u["level"] for u in region.units)["department"] == 15, "15 departments")
    promise(all(u["leader_object_id"] in leaders for u in region.units), "a leader for every unit")
    promise(
        all(u["parent_code"] in units or u["level"] == "rhf" for u in region.units), "a parent for every unit"
    )
    promise(all(is_synthetic_id(r["national_id"]) for r in rows), "synthetic national ids")
    for field in ("national_id", "work_email"):
        promise(len({r[field] for r in rows}) == 300, f"one {field} each")
    promise(len({r["employment_id"] for r in rows}) == len(rows), "one employment_id each")
    hpr = {r["object_id"]: r["hpr_number"] for r in rows if r["hpr_number"]}
    promise(len(set(hpr.values())) == len(hpr), "one HPR number each")
    promise(
        all(hpr.get(p) for p, t in track.items() if t in ("lis1", "lis2_3")),
        "an HPR number for every trainee",
    )
    promise([p for p, leader in leaders.items() if leader is None] == [units["HKV"]["leader_object_id"]],
            "everyone but the head of the region has a leader")  # fmt: skip
    for person in leaders:
        seen, at = set(), person
        while at and at not in seen:
            seen.add(at)
            at = leaders.get(at)
        promise(not at, f"no circle of leaders above {person}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the files, write nothing")
    parser.add_argument("--as-of", type=date.fromisoformat, default=AS_OF, help="the day dates are told from")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to")
    asked = parser.parse_args()
    files = all_files(asked.as_of)
    wrong = broken_promises(Region(asked.as_of))
    for name, content in files.items():
        path = asked.out / name
        if asked.check:
            if not path.is_file() or path.read_bytes() != content:
                wrong.append(f"{name} differs from what make.py writes")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    if asked.check:
        there = {str(p.relative_to(asked.out)) for p in (asked.out / "faulty").rglob("*") if p.is_file()}
        wrong += [f"{name} is not made by make.py" for name in sorted(there - files.keys())]
    print(*(wrong or [f"{len(files)} files"]), sep="\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
