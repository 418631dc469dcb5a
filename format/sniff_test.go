package format_test

import (
	"testing"

	"github.com/seed-128c3863/sluice/format"
)

// TestSniff holds what files begin with, and are named, to the format that they
// are of.
func TestSniff(t *testing.T) {
	const compound, ods = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "PK\x03\x04....mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK"
	for _, tc := range []struct{ head, named, want string }{
		{"", "csv", "csv"},
		{"a,b\n1,2\n", "csv", "csv"},
		{"a,b\n", "", "csv"},
		{"a\tb\n", "tsv", "tsv"},
		{"a\tb\n", "xls", "csv"},
		{"a,b\n", "xlsx", "csv"},
		{"\xb0\xa1,\xb3\xaa\n", "ods", "csv"},
		{"\xff\xfea\x00\t\x00b\x00", "", "csv"},
		{"a\x00,\x00b\x00\n\x00", "xls", "csv"},
		{compound, "xlsx", "xls"},
		{compound, "csv", "xls"},
		{"PK\x03\x04...[Content_Types].xml", "csv", "xlsx"},
		{"PK\x03\x04...[Content_Types].xml", "xls", "xls"},
		{ods, "xlsx", "ods"},
		{"PK\x03\x04...a.csv", "", ""},
		{"<html><table>", "xls", "xls"},
		{"\n<!DOCTYPE HTML>", "xlsx", "html"},
		{"<table>", "csv", "html"},
		{"<?xml version='1.0'?><Workbook>", "xls", "xls"},
		{"<?xml version='1.0'?><a/>", "csv", "csv"},
		{`[{"a":1}]`, "csv", ""},
		{`{"a":1}`, "", ""},
		{"[title]\na,b\n", "csv", "csv"},
		{`{"a":1}`, "json", "json"},
		{"a,b\n", "json", "json"},
		{"<html>", "json", "json"},
		{"PAR1", "", "parquet"},
		{"\x1f\x8b\x08", "csv", "csv"},
		{"\x89PNG\r\n\x1a\n\x00\x00", "", ""},
		{"a: 1\n", "yaml", "yaml"},
	} {
		if got := format.Sniff([]byte(tc.head), tc.named); got != tc.want {
			t.Errorf("%q named %s: got %q, want %q", tc.head, tc.named, got, tc.want)
		}
	}
}
