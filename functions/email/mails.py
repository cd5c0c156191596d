"""Mails: letters as text and HTML, rendered once for all who get the same words."""

import json
from secrets import token_hex

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from shared.delivery.sender import Addressed
from shared.letterhead import Letterhead
from shared.rules.catalogue import Words
from shared.rules.message import birth_prompt
from shared.rules.subscriber import Language

_TEMPLATES = Environment(
    loader=PackageLoader("functions.email"),
    # HTML is escaped; plain text must not be.
    autoescape=select_autoescape(["html.j2"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

_PAGE, _STOP = token_hex(16), token_hex(16)
"""Stand where each reader's own links go; nobody's text can hold them."""

_KEPT = 500
"""Rendered mails that are kept. A day has some five hundred texts at the most."""

_Same = tuple[Words, Language, bool]


class Mails:
    """The mails of one account."""

    def __init__(self, account: str, letterhead: Letterhead) -> None:
        self._account, self._letterhead = account, letterhead
        self._text = _TEMPLATES.get_template("letter.txt.j2")
        self._html = _TEMPLATES.get_template("letter.html.j2")
        self._rendered: dict[_Same, str] = {}

    def mail(self, addressed: Addressed, *, page: str, stop: str) -> str:
        """What SES puts into its template for one reader, as JSON: `subject`, `text` and `html`,
        with the links to the own page and to stop. Links are of letters that neither JSON nor HTML
        writes in another way.
        """
        return self._of(addressed).replace(_PAGE, page).replace(_STOP, stop)

    def _of(self, addressed: Addressed) -> str:
        letter = addressed.letter
        same = (addressed.words, letter.language, birth_prompt(letter.due))
        if same not in self._rendered:
            if len(self._rendered) >= _KEPT:
                self._rendered.pop(next(iter(self._rendered)))
            self._rendered[same] = self._render(*same)
        return self._rendered[same]

    def _render(self, words: Words, language: Language, prompt: bool) -> str:
        facts = {
            "words": words,
            "account": self._account,
            "office": self._letterhead.office,
            "contact": self._letterhead.contact,
            "english": language is Language.ENGLISH,
            "birth_prompt": prompt,
            "preferences": _PAGE,
            "stop": _STOP,
        }
        mail = {
            "subject": words.title,
            "text": self._text.render(facts),
            "html": self._html.render(facts),
        }
        return json.dumps(mail, ensure_ascii=False)
