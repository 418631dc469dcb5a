// Package format turns the bytes of files into batches of rows, and batches
// into bytes.
//
//	bytes -> Decompress -> JSONReader -> row.Batch of undecoded values
//	bytes -> Decompress -> CSVReader -> row.Batch of texts
//	bytes, read here and there -> SheetReader -> row.Batch of texts and what they are
//	bytes, of the wanted columns alone -> ParquetReader -> row.Batch of typed values
//	row.Batch of typed values -> Parquet, CSV, NDJSON -> bytes
//	row.Batch of texts and what they are -> XLSX -> bytes
//
// Readers give values as the file wrote them: package mapping types them. A
// reader is told beforehand which values are wanted (by paths or names), so that
// the rest is checked and skipped, never decoded. Errors about the content are of
// type *row.Error and say at which byte of the decompressed file.
//
// Nothing here opens a file or starts a goroutine: bytes come from and go to
// whoever calls.
package format
