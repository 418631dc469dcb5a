// Package spec reads job files: in flows YAML text, out flows a Job whose
// every part knows where it stands in the text, or errors that say file, line,
// column, the path of the key, what is wrong and what was probably meant.
//
// Nothing is read or opened here but the text it is given.
package spec
