"""Files through the door: JSONL, CSV and Parquet of any size, in bounded memory, resumable."""

from cdp.app.file_import.importing import Result, import_file, known_format

__all__ = ["Result", "import_file", "known_format"]
