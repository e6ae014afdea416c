"""What each language may say on a button, and what it may not say at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Rules:
    """What one language allows; every pattern is matched without regard to case.

    Attributes:
        accept: verbs that a button that grants may use, in the form it takes on a button.
        reject: the same for a button that denies.
        vague: buttons and sentences may not say this; it persuades, apologises, threatens or promises.
        needed: words for what cannot be refused.
        withdraw: how "withdraw" is said.
        any_time: how "at any time" is said.
    """

    accept: str
    reject: str
    vague: str
    needed: str
    withdraw: str
    any_time: str


RULES: Final = {
    "cy": Rules(
        accept="derbyn",
        reject="gwrthod",
        vague=r"yn anffodus|profiad|parhau|argymhell|cydymffurf|dienw|buddiant|colli|\biawn\b|gwerthfawrog|"
        r"heb fod yn hanfodol|gwell\b|gorau|rhaid|parchu",
        needed="hanfodol|angenrheidiol|eu hangen|ei angen",
        withdraw="[td]ynnu .* yn ôl",
        any_time="unrhyw bryd",
    ),
    "de": Rules(
        accept="akzeptieren|annehmen|zustimmen",
        reject="ablehnen",
        vague=r"leider|schade|erlebnis|erfahrung|weiter(hin)?\b|fortfahren|\bverstanden|empf[eo]hl|schätz|konform|"
        r"anonym|berechtigt|verpass|nur mit|\bok(ay)?\b|optimal|best(e|es|en|möglich)\b|respektier|muss",
        needed="nötig|notwendig|erforderlich|essenziell",
        withdraw="widerrufen",
        any_time="jederzeit",
    ),
    "en": Rules(
        accept="accept|allow",
        reject="reject|refuse|decline",
        vague=r"we value|we respect|we care|continue|got it|okay|only with|experience|sorry|unfortunately|"
        r"\blos(e|ing)\b|miss out|enhance|please accept|recommend|"
        r"complian|anonym|legitimate|non-essential|better|best|must",
        needed="needed|necessary|essential",
        withdraw="withdraw",
        any_time="at any time",
    ),
    "fr": Rules(
        accept="accepter|autoriser",
        reject="refuser|rejeter",
        vague=r"malheureusement|dommage|expérience|continuer|compris|recommand|conforme|conformité|anonym|légitime|"
        r"seulement|uniquement|\bok\b|respect|meilleur|perd(re|ez)|d.accord|devez|personnalis",
        needed="nécessaire|essentiel|indispensable",
        withdraw="retirer",
        any_time="à tout moment",
    ),
    "bg": Rules(
        accept="приемане",
        reject="отхвърляне",
        vague=r"за съжаление|преживяване|продълж|разбрах|препоръч|анонимн|най-добр",
        needed="необходим|нужн|нужд",
        withdraw="оттеглите",
        any_time="по всяко време",
    ),
    "cs": Rules(
        accept="přijmout",
        reject="odmítnout",
        vague=r"bohužel|zážit|pokračovat|rozumím|doporuč|anonym|\bok\b|nejlepší|lepší",
        needed="nutn|nezbytn|potřebn",
        withdraw="odvolat",
        any_time="kdykoli",
    ),
    "da": Rules(
        accept="accepter",
        reject="afvis",
        vague=r"desværre|oplevelse|fortsæt|forstået|anbefal|anonym|\bok\b|bedste|\bbedre",
        needed="nødvendig",
        withdraw="trække .* tilbage",
        any_time="altid|når som helst",
    ),
    "el": Rules(
        accept="αποδοχή",
        reject="απόρριψη",
        vague=r"δυστυχώς|εμπειρία|συνέχεια|συνεχίσ|κατάλαβα|συνιστ|ανώνυμ|καλύτερ",
        needed="απαραίτητ|χρειάζονται|αναγκαί",
        withdraw="ανακαλέσετε",
        any_time="οποιαδήποτε στιγμή",
    ),
    "et": Rules(
        accept="luba",
        reject="keela",
        vague=r"kahjuks|kogemus|jätka|\bselge\b|soovita|anonüüm|\bok\b|parim|parem",
        needed="vajali",
        withdraw="tagasi võtta",
        any_time="igal ajal",
    ),
    "fi": Rules(
        accept="hyväksy",
        reject="hylkää",
        vague=r"valitettavasti|kokemu|jatka|selvä|suosittel|anonyym|\bok\b|paras|paremp",
        needed="tarvitaan|välttämät",
        withdraw="peruuttaa",
        any_time="milloin tahansa",
    ),
    "ga": Rules(
        accept="glac leis|glac le",
        reject="diúltaigh dó|diúltaigh do",
        vague=r"ar an drochuair|eispéireas|lean ar aghaidh|lean ort|tuigim|moltar|anaithnid|\bok\b|is fearr",
        needed="riachtana|gá leo",
        withdraw="tharraingt siar",
        any_time="am ar bith",
    ),
    "hr": Rules(
        accept="prihvati",
        reject="odbij",
        vague=r"nažalost|iskustv|nastavi|razumijem|preporuč|anonim|\bok\b|najbolj|\bbolj",
        needed=r"\bpotreb|nužn",
        withdraw="povući",
        any_time="u bilo kojem trenutku",
    ),
    "hu": Rules(
        accept="elfogadása|elfogadás",
        reject="elutasítása|elutasítás",
        vague=r"sajnos|élmény|folytat|\bértem|ajánl|névtelen|\bok\b|legjobb|jobb\b",
        needed="szükséges",
        withdraw="visszavon",
        any_time="bármikor",
    ),
    "nl": Rules(
        accept="accepteren",
        reject="weigeren",
        vague=r"helaas|ervaring|doorgaan|begrepen|aanbevel|anoniem|\bok(é)?\b|\bbeste\b|\bbeter",
        needed="nodig|noodzakelijk",
        withdraw="in te trekken",
        any_time="op elk moment",
    ),
}
