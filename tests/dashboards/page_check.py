"""What every page keeps: unique ids, labels, heads with scope, links that lead somewhere, no inline code."""

import html.parser
import urllib.parse

_VOID = {"meta", "link", "input", "br", "col", "img", "hr"}
_FIELDS = {"input", "select", "textarea"}


class Page(html.parser.HTMLParser):
    """A parsed page with its faults."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: set[str] = set()
        self.labels: set[str] = set()
        self.fields: list[dict[str, str]] = []
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.headings: list[int] = []
        self.title = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self._finish()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One opening tag."""
        given = {name: value or "" for name, value in attrs}
        if len(given) != len(attrs):
            self.faults.append(f"<{tag}>: an attribute twice")
        if tag not in _VOID:
            self._open.append(tag)
        self._attributes(tag, given)
        if tag == "th" and "scope" not in given:
            self.faults.append("<th> without scope")
        if tag in ("h1", "h2", "h3"):
            self.headings.append(int(tag[1]))
        if tag == "label":
            self.labels.add(given["for"])
        if tag in _FIELDS and given.get("type") != "hidden":
            self.fields.append(given)
        if tag == "button" and self._open.count("form") == 0 and given.get("type") != "button":
            self.faults.append("<button> outside a form")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element of SVG that closes itself."""
        self._attributes(tag, {name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        """One closing tag."""
        if tag in _VOID:
            return
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-3:]}")
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Text."""
        if self._open and self._open[-1] == "title":
            self.title += data
        if "%(" in data or "{{" in data:
            self.faults.append(f"unfilled words: {data.strip()[:60]}")

    def _attributes(self, tag: str, given: dict[str, str]) -> None:
        if "id" in given:
            if given["id"] in self.ids:
                self.faults.append(f"id twice: {given['id']}")
            self.ids.add(given["id"])
        if "style" in given or any(name.startswith("on") for name in given):
            self.faults.append(f"<{tag}>: code or style inside the page")
        if tag == "script" and given.get("type") != "application/json" and "src" not in given:
            self.faults.append("<script> inside the page")
        for name in ("href", "src", "action", "roads", "places", "tours"):
            if given.get(name):
                self._link(given[name])

    def _link(self, target: str) -> None:
        parts = urllib.parse.urlsplit(target)
        if parts.scheme == "geo":
            return  # opens the navigation of a phone, asks nobody
        if parts.scheme or parts.netloc:
            self.faults.append(f"leads to another host: {target}")
        elif parts.path:
            self.links.add(target.split("#")[0])
        elif parts.fragment:
            self.anchors.add(parts.fragment)

    def _finish(self) -> None:
        if self._open:
            self.faults.append(f"never closed: {self._open}")
        for field in self.fields:
            if field.get("id") not in self.labels and not field.get("aria-label"):
                self.faults.append(f"field without label: {field}")
        self.faults += [f"label for nothing: {name}" for name in self.labels - self.ids]
        self.faults += [f"anchor for nothing: {name}" for name in self.anchors - self.ids]
        if self.headings[:1] != [1] or self.headings.count(1) != 1:
            self.faults.append(f"headings: {self.headings}")
