"""Store rows as the product stores ratings, and note each one only after it was acknowledged."""

import os
import sys
from pathlib import Path

from sqlalchemy import create_engine, event, text

from satisfaction.database import engine_options, prepare_engine, run_durably


def main(folder: Path, journal: str, synchronous: str, rows: int) -> None:
    """Write rows into a database of its own; another mode than the product's may be given."""
    url = f"sqlite:///{folder / 'rows.sqlite3'}"
    engine = create_engine(url, **engine_options(url))
    prepare_engine(engine)
    if journal:

        @event.listens_for(engine, "connect")
        def change(connection: object, _record: object) -> None:
            for pragma in (f"journal_mode={journal}", f"synchronous={synchronous}"):
                connection.execute(f"PRAGMA {pragma}").close()  # type: ignore[attr-defined]

    run_durably(
        engine,
        lambda connection: connection.execute(
            text("CREATE TABLE one (id INTEGER PRIMARY KEY, text TEXT, other TEXT)")
        ),
    )
    acknowledged = os.open(folder / "acknowledged", os.O_WRONLY | os.O_CREAT, 0o600)
    for number in range(rows):
        values = {"id": number, "text": f"row {number} " * 40}
        run_durably(
            engine,
            lambda connection, given=values: connection.execute(  # type: ignore[misc]
                text("INSERT INTO one VALUES (:id, :text, :text)"), given
            ),
        )
        os.write(acknowledged, b"%d\n" % number)
    os.close(acknowledged)
    engine.dispose()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
