"""Write the expected letters anew. To be read before it is committed."""

import tempfile
from pathlib import Path

from satisfaction.config import Settings
from tests.golden.writing import FOLDER, files_of, write_letters
from wsgi import create_app

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as data:
        letters = write_letters(create_app(settings=Settings(data=Path(data))))
    for name, text in files_of(letters).items():
        (FOLDER / name).write_text(text, encoding="utf-8")
