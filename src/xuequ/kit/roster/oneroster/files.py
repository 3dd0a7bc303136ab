"""The files of a OneRoster 1.2 archive: their columns, and how they are written so that equal rosters give equal bytes.

Columns as in the standard, in its order; ``metadata.xuequ.…`` at the end are extensions, which the standard allows and
other systems pass over. UTF-8 without a mark, every field quoted, CR-LF (RFC 4180), rows in the order of their ids.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping

VERSION = "1.2"
HEAD = ("sourcedId", "status", "dateLastModified")
HEADERS: dict[str, tuple[str, ...]] = {
    "academicSessions": (*HEAD, "title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"),
    "orgs": (
        *HEAD, "name", "type", "identifier", "parentSourcedId",
        "metadata.xuequ.shortName", "metadata.xuequ.stage", "metadata.xuequ.sector", "metadata.xuequ.yearSystem",
    ),
    "courses": (
        *HEAD, "schoolYearSourcedId", "title", "courseCode", "grades", "orgSourcedId", "subjects", "subjectCodes",
    ),
    "classes": (
        *HEAD, "title", "grades", "courseSourcedId", "classCode", "classType", "location", "schoolSourcedId",
        "termSourcedIds", "subjects", "subjectCodes", "periods",
        "metadata.xuequ.entryYear", "metadata.xuequ.number", "metadata.xuequ.homeroom",
    ),
    "users": (
        *HEAD, "enabledUser", "username", "userIds", "givenName", "familyName", "middleName", "identifier", "email",
        "sms", "phone", "agentSourcedIds", "grades", "password", "userMasterIdentifier", "resourceSourcedIds",
        "preferredGivenName", "preferredMiddleName", "preferredFamilyName", "primaryOrgSourcedId", "pronouns",
        "metadata.xuequ.name", "metadata.xuequ.relations",
    ),
    "roles": (
        *HEAD, "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId", "userProfileSourcedId",
    ),
    "enrollments": (
        *HEAD, "classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary", "beginDate", "endDate",
    ),
    "demographics": (
        *HEAD, "birthDate", "sex", "americanIndianOrAlaskaNative", "asian", "blackOrAfricanAmerican",
        "nativeHawaiianOrOtherPacificIslander", "white", "demographicRaceTwoOrMoreRaces",
        "hispanicOrLatinoEthnicity", "countryOfBirthCode", "stateOfBirthAbbreviation", "cityOfBirth",
        "publicSchoolResidenceStatus",
    ),
}  # fmt: skip
"""The files that we write and read."""

REQUIRED = ("orgs", "users", "roles", "classes", "enrollments")
"""Without these an archive says nothing about who is where."""

ABSENT = (
    "categories", "classResources", "courseResources", "lineItemLearningObjectiveIds", "lineItems",
    "lineItemScoreScales", "resources", "resultLearningObjectiveIds", "results", "resultScoreScales", "scoreScales",
    "userProfiles", "userResources",
)  # fmt: skip
MOMENT = (1980, 1, 1, 0, 0, 0)

Row = Mapping[str, str]


def archive(tables: Mapping[str, Iterable[Row]], source: str) -> bytes:
    """Return the archive of these tables; ``source`` is the name of the system that it comes from."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as opened:
        _put(opened, "manifest", _csv(("propertyName", "value"), _manifest(source)))
        for name, header in HEADERS.items():
            rows = sorted(tables[name], key=lambda row: row["sourcedId"])
            _put(opened, name, _csv(header, ([row.get(column, "") for column in header] for row in rows)))
    return buffer.getvalue()


def _manifest(source: str) -> list[list[str]]:
    modes = {**dict.fromkeys(HEADERS, "bulk"), **dict.fromkeys(ABSENT, "absent")}
    files = [[f"file.{name}", mode] for name, mode in sorted(modes.items())]
    head = [["manifest.version", "1.0"], ["oneroster.version", VERSION]]
    return [*head, *files, ["source.systemName", source], ["source.systemCode", "xuequ"]]


def _csv(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _put(opened: zipfile.ZipFile, name: str, content: str) -> None:
    # A fixed moment: the same roster gives the same bytes whenever it is written.
    entry = zipfile.ZipInfo(f"{name}.csv", MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    opened.writestr(entry, content.encode())
