// Package infer drafts job files: in flows the URL of a file, a folder or a
// prefix, out flows the text of a job that loads what is there.
//
//	source -> find: names of files -> sample: a few of them -> seen: what their
//	records hold -> columns -> text of the job -> prove
//
// Names become a template, in which what differs between files is captured.
// Of the files a few are read, and of each its first records. What is certain
// about their values gives a column its type; what is not becomes string or
// json, which hold anything, with a comment that says why. In the end the job
// is parsed, compiled and run over the sample, so that it works as it stands.
//
// For a table of a database the columns get their types from there:
//
//	columns, table.Catalog -> targets (target.go) -> matches, by names (name.go)
//	and by how values read (fit.go) and are found (match.go) -> key -> text -> prove
//
// What is in doubt is asked, if there is somebody to ask.
package infer
