"""The settings of config.def as the table of README.md. python3 tests/support/settings_table.py writes it there."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->"


def settings():
    text = (ROOT / "service/base/config.def").read_text(encoding="utf-8")
    return re.findall(r'^SETTING\((\w+), (\w+), "(\w+)", "([^"]*)", (true|false), "([^"]+)", "([^"]+)"\)$', text, re.M)


def table():
    lines = ["| setting | environment | default | meaning |", "|---|---|---|---|"]
    for name, _type, environment, default, secret, chinese, english in settings():
        hidden = " (secret)" if secret == "true" else ""
        lines.append(f"| `{name}` | `{environment}` | {f'`{default}`' if default else ''} | {chinese} · {english}{hidden} |")
    return "\n".join(lines) + "\n"


def split(readme):
    before, rest = readme.split(BEGIN)
    own, after = rest.split(END)
    return before, own, after


if __name__ == "__main__":
    path = ROOT / "README.md"
    before, _own, after = split(path.read_text(encoding="utf-8"))
    path.write_text(before + BEGIN + table() + END + after, encoding="utf-8")
