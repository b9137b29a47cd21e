"""The journal's tables, and how an older journal is brought up to date.

``operations`` holds one row an operation, ``phases`` its phases in their order; both may be pruned. The
totals are not: they are what the counters and the histograms are made of, and change in the same
transaction as the row that they count. ``running`` holds what has begun and not ended, ``events`` what
happened to branches, ``primary_tips`` how far their history was judged, ``deliveries`` what Alertmanager
says that it has sent, ``maintenance_*`` what was done at regular times, ``backups`` what is known of the
newest ones, ``notice*`` what others are told of. Texts are plain Unicode, paths the operating system's bytes,
``primaries`` branch names one a line. Times are seconds since the epoch.
"""

import sqlite3

from alignwatch.errors import AlignwatchError

_FIRST = (
    """
    CREATE TABLE operations (
        repository TEXT NOT NULL,
        operation_id TEXT NOT NULL,
        operation TEXT NOT NULL,
        branch TEXT NOT NULL,
        target TEXT NOT NULL,
        outcome TEXT NOT NULL,
        started REAL NOT NULL,
        ended REAL NOT NULL,
        duration REAL NOT NULL,
        exit_code INTEGER,
        cpu_seconds REAL,
        peak_memory_bytes INTEGER,
        io_operations INTEGER,
        source TEXT NOT NULL,
        PRIMARY KEY (repository, operation_id)
    )
    """,
    "CREATE INDEX operations_by_end ON operations (ended)",
    """
    CREATE TABLE totals (
        repository TEXT NOT NULL,
        operation TEXT NOT NULL,
        target TEXT NOT NULL,
        outcome TEXT NOT NULL,
        count INTEGER NOT NULL,
        seconds REAL NOT NULL,
        last_ended REAL NOT NULL,
        PRIMARY KEY (repository, operation, target, outcome)
    ) WITHOUT ROWID
    """,
    # Each operation counts in one bucket only, so that bounds may change without counting anew.
    """
    CREATE TABLE buckets (
        repository TEXT NOT NULL,
        operation TEXT NOT NULL,
        target TEXT NOT NULL,
        outcome TEXT NOT NULL,
        upper_bound REAL NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (repository, operation, target, outcome, upper_bound)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE resource_totals (
        repository TEXT NOT NULL,
        operation TEXT NOT NULL,
        cpu_seconds REAL NOT NULL,
        measured_seconds REAL NOT NULL,
        io_operations INTEGER NOT NULL,
        PRIMARY KEY (repository, operation)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE repositories (
        common_dir BLOB NOT NULL PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        path BLOB NOT NULL,
        primaries TEXT NOT NULL
    ) WITHOUT ROWID
    """,
)

_SECOND = (
    # Tells this journal from the one that it took the place of.
    "CREATE TABLE birth (created REAL NOT NULL)",
    "INSERT INTO birth VALUES ((julianday('now') - 2440587.5) * 86400)",
    "ALTER TABLE operations ADD COLUMN waiting REAL NOT NULL DEFAULT 0",
    "ALTER TABLE operations ADD COLUMN tip_before TEXT",
    "ALTER TABLE operations ADD COLUMN tip_after TEXT",
    "ALTER TABLE operations ADD COLUMN target_tip TEXT",
    "ALTER TABLE operations ADD COLUMN left_in_progress INTEGER",
    "ALTER TABLE operations ADD COLUMN target_before TEXT",
    # What version 1 holds claims nothing: it lacks the evidence, and branches have moved on since.
    "ALTER TABLE operations ADD COLUMN claim TEXT",
    "CREATE INDEX open_claims ON operations (repository, ended) WHERE claim = 'open'",
    """
    CREATE TABLE phases (
        repository TEXT NOT NULL,
        operation_id TEXT NOT NULL,
        position INTEGER NOT NULL,
        phase TEXT NOT NULL,
        seconds REAL NOT NULL,
        PRIMARY KEY (repository, operation_id, position)
    ) WITHOUT ROWID
    """,
    # As in buckets, each phase counts in one row only.
    """
    CREATE TABLE phase_totals (
        repository TEXT NOT NULL,
        operation TEXT NOT NULL,
        phase TEXT NOT NULL,
        upper_bound REAL NOT NULL,
        count INTEGER NOT NULL,
        seconds REAL NOT NULL,
        PRIMARY KEY (repository, operation, phase, upper_bound)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE waiting_totals (
        repository TEXT NOT NULL,
        operation TEXT NOT NULL,
        count INTEGER NOT NULL,
        seconds REAL NOT NULL,
        PRIMARY KEY (repository, operation)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE unverified_totals (
        repository TEXT NOT NULL,
        operation TEXT NOT NULL,
        target TEXT NOT NULL,
        reason TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (repository, operation, target, reason)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE running (
        repository TEXT NOT NULL,
        operation_id TEXT NOT NULL,
        operation TEXT NOT NULL,
        branch TEXT NOT NULL,
        target TEXT NOT NULL,
        started REAL NOT NULL,
        source TEXT NOT NULL,
        pid INTEGER,
        boot_id TEXT,
        process_started INTEGER,
        PRIMARY KEY (repository, operation_id)
    ) WITHOUT ROWID
    """,
)

_THIRD = (
    """
    CREATE TABLE primary_tips (
        repository TEXT NOT NULL,
        branch TEXT NOT NULL,
        tip TEXT NOT NULL,
        PRIMARY KEY (repository, branch)
    ) WITHOUT ROWID
    """,
    # Paths are a JSON array; a path that is not UTF-8 stands there as people are shown it.
    """
    CREATE TABLE events (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        repository TEXT NOT NULL,
        event TEXT NOT NULL,
        branch TEXT NOT NULL,
        tip_before TEXT,
        tip_after TEXT,
        commit_id TEXT NOT NULL,
        paths TEXT NOT NULL,
        path_count INTEGER NOT NULL,
        detail TEXT NOT NULL,
        seen REAL NOT NULL
    )
    """,
    "CREATE INDEX events_by_repository ON events (repository, number)",
    """
    CREATE TABLE event_totals (
        repository TEXT NOT NULL,
        event TEXT NOT NULL,
        branch TEXT NOT NULL,
        count INTEGER NOT NULL,
        last_seen REAL NOT NULL,
        PRIMARY KEY (repository, event, branch)
    ) WITHOUT ROWID
    """,
    # Alerts that Alertmanager has not taken yet, in the order in which they were raised.
    """
    CREATE TABLE outbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        identity TEXT NOT NULL UNIQUE,
        alert TEXT NOT NULL,
        queued REAL NOT NULL,
        attempts INTEGER NOT NULL,
        last_attempt REAL,
        last_error TEXT
    )
    """,
    """
    CREATE TABLE outbox_totals (
        outcome TEXT NOT NULL PRIMARY KEY,
        count INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    # What Alertmanager says that it has sent: one row for each alert, as often as it was repeated. Labels are
    # a JSON object with sorted keys.
    """
    CREATE TABLE deliveries (
        receiver TEXT NOT NULL,
        status TEXT NOT NULL,
        labels TEXT NOT NULL,
        starts_at REAL NOT NULL,
        ends_at REAL,
        first_sent REAL NOT NULL,
        last_sent REAL NOT NULL,
        times INTEGER NOT NULL,
        UNIQUE (receiver, status, labels, starts_at)
    )
    """,
    "CREATE INDEX deliveries_by_time ON deliveries (last_sent)",
    """
    CREATE TABLE delivery_totals (
        status TEXT NOT NULL PRIMARY KEY,
        count INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
)

_FOURTH = (
    # Schedules that were given at run time rather than in the configuration.
    """
    CREATE TABLE maintenance_schedules (
        task TEXT NOT NULL PRIMARY KEY,
        schedule TEXT NOT NULL,
        time_zone TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    # Since when a task has had its present schedule and somebody who runs it.
    """
    CREATE TABLE maintenance_tasks (
        task TEXT NOT NULL PRIMARY KEY,
        schedule TEXT NOT NULL,
        time_zone TEXT NOT NULL,
        registered REAL NOT NULL
    ) WITHOUT ROWID
    """,
    # Each slot once: its row is made before anything runs. A run by hand has no slot.
    """
    CREATE TABLE maintenance_runs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        task TEXT NOT NULL,
        repository TEXT NOT NULL,
        due INTEGER,
        claimed REAL NOT NULL,
        started REAL,
        ended REAL,
        outcome TEXT,
        exit_code INTEGER,
        freed_bytes INTEGER,
        reason TEXT NOT NULL,
        output TEXT NOT NULL,
        pid INTEGER NOT NULL,
        boot_id TEXT NOT NULL,
        process_started INTEGER NOT NULL,
        UNIQUE (task, repository, due)
    )
    """,
    "CREATE INDEX unfinished_maintenance ON maintenance_runs (number) WHERE ended IS NULL",
    """
    CREATE TABLE maintenance_totals (
        task TEXT NOT NULL,
        outcome TEXT NOT NULL,
        count INTEGER NOT NULL,
        freed_bytes INTEGER NOT NULL,
        PRIMARY KEY (task, outcome)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE maintenance_latest (
        task TEXT NOT NULL,
        repository TEXT NOT NULL,
        last_start REAL NOT NULL,
        last_success REAL,
        last_seconds REAL,
        last_exit_code INTEGER,
        PRIMARY KEY (task, repository)
    ) WITHOUT ROWID
    """,
)

_FIFTH = (
    # What the run should have freed besides what it did.
    "ALTER TABLE maintenance_runs ADD COLUMN shortfall_bytes INTEGER",
    "ALTER TABLE maintenance_latest ADD COLUMN shortfall_bytes INTEGER",
)

_SIXTH = (
    # What is known of the newest backup of each repository, and of its trial.
    """
    CREATE TABLE backups (
        repository TEXT NOT NULL PRIMARY KEY,
        made REAL,
        bytes INTEGER,
        verified REAL,
        restorable INTEGER,
        restored REAL,
        restore_seconds REAL,
        missing_refs INTEGER,
        missing_commits INTEGER
    ) WITHOUT ROWID
    """,
)

_SEVENTH = (
    # What others are told of. Triggers write it, so that nothing is recorded without it.
    """
    CREATE TABLE notices (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        event TEXT NOT NULL,
        repository TEXT NOT NULL,
        subject TEXT NOT NULL,
        detail TEXT NOT NULL,
        noticed REAL NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400)
    )
    """,
    """
    CREATE TRIGGER few_notices AFTER INSERT ON notices BEGIN
        DELETE FROM notices WHERE number <= new.number - 20000;
    END
    """,
    """
    CREATE TRIGGER operation_ended AFTER INSERT ON operations BEGIN
        INSERT INTO notices (event, repository, subject, detail)
        VALUES ('operation_ended', new.repository, new.operation_id, new.outcome);
    END
    """,
    """
    CREATE TRIGGER operation_unverified AFTER UPDATE OF claim ON operations
    WHEN new.claim NOT IN ('open', 'confirmed') BEGIN
        INSERT INTO notices (event, repository, subject, detail)
        VALUES ('operation_unverified', new.repository, new.operation_id, new.claim);
    END
    """,
    """
    CREATE TRIGGER branch_event AFTER INSERT ON events BEGIN
        INSERT INTO notices (event, repository, subject, detail)
        VALUES ('branch_event', new.repository, new.number, new.event);
    END
    """,
    """
    CREATE TRIGGER maintenance_ended AFTER UPDATE OF ended ON maintenance_runs
    WHEN old.ended IS NULL AND new.ended IS NOT NULL BEGIN
        INSERT INTO notices (event, repository, subject, detail)
        VALUES ('maintenance_ended', new.repository, new.number, new.outcome);
    END
    """,
    """
    CREATE TRIGGER alert_sent AFTER INSERT ON deliveries BEGIN
        INSERT INTO notices (event, repository, subject, detail)
        VALUES ('alert_sent', coalesce(json_extract(new.labels, '$.repository'), ''), new.rowid,
            new.status);
    END
    """,
    # Up to which notice each reader has been told, and whether that is hard.
    """
    CREATE TABLE notice_readers (
        reader TEXT NOT NULL PRIMARY KEY,
        position INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        not_before REAL NOT NULL DEFAULT 0,
        problem TEXT
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE notice_totals (
        reader TEXT NOT NULL,
        outcome TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (reader, outcome)
    ) WITHOUT ROWID
    """,
)  # what is put together are constants

MIGRATIONS = (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH, _SEVENTH)
"""What leads from each version to the next; the first leads from an empty file to version 1."""

VERSION = len(MIGRATIONS)
"""The version that this program reads and writes."""


def version_of(connection: sqlite3.Connection) -> int:
    """The version of a journal; 0 for an empty file."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def migrate(connection: sqlite3.Connection) -> None:
    """Brings an empty or older journal up to date: wholly or not at all.

    Raises:
        AlignwatchError: a newer program wrote it.
    """
    version = version_of(connection)
    if version > VERSION:
        raise AlignwatchError(
            f"the journal has schema version {version} and this Alignwatch knows {VERSION} at most; "
            "use the newer Alignwatch that wrote it, or another state folder"
        )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
