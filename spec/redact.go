package spec

import (
	"regexp"
	"strings"
)

const redacted = "xxxxx"

var (
	// scheme://user:password@ up to the last @ of the part before the path.
	urlPassword = regexp.MustCompile(`(://[^\s/?#@:'"]*:)([^\s/?#'"]*)@`)
	// The same with a "/", "?" or "#" in the password, which is no URL but is
	// written all the same; what begins with a port is one.
	badPassword = regexp.MustCompile(`(://[^\s/?#@:'"]+:)([^\s'"@]*[/?#][^\s'"]*)@`)
	port        = regexp.MustCompile(`^[0-9]*[/?#]`)
	// name=value in a query or a connection string.
	secretValue = regexp.MustCompile(`(?i)((?:^|[?&;,\s'"])[\w.-]*(?:password|passwd|passphrase|pwd|secret|token|signature|credential|api[_-]?key|access[_-]?key|private[_-]?key)[\w.-]*\s*=\s*)('[^']*'|"[^"]*"|[^&;\s'"#=][^&;\s'"#]*)`)
	secretQuery = regexp.MustCompile(`(?i)([?&](?:sig|key|pass|auth|code)=)([^&;\s'"#]+)`)
	// The same in the form name: value.
	secretEntry = regexp.MustCompile(`(?i)(\b(?:aws_)?(?:secret_?access_?key|session_?token)["']?\s*:\s*)('[^']*'|"[^"]*"|[^\s,}'"]+)`)
	// Ids of AWS's access keys.
	accessKey = regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b`)
	// What stands for a secret and is none.
	reference = regexp.MustCompile(`^['"]?(?:\$\{\w+\}|\{\w+\}|x{5})['"]?$`)
)

// wholeURL is a text that begins as a URL with a user and a password, up to its
// last @: what does not belong into a URL may be in the password.
var wholeURL = regexp.MustCompile(`(?s)^((?:[\w+.-]+://|(?:postgres(?:ql)?|mysql|mariadb):)[^\s/?#@:]+:)(.*)@`)

// RedactURL is Redact for a text that is one URL, if it is any.
func RedactURL(text string) string {
	if m := wholeURL.FindStringSubmatch(text); m != nil && !port.MatchString(m[2]) {
		text = replaceSecret(wholeURL, text, "@")
	}
	return Redact(text)
}

// Redact returns the text with what is secret in its URLs replaced by xxxxx:
// passwords, tokens, signatures and keys. A reference to a secret, ${NAME} or
// {param}, stays.
func Redact(text string) string {
	if !strings.ContainsAny(text, ":=") && !strings.Contains(text, "AKIA") && !strings.Contains(text, "ASIA") {
		return text
	}
	text = badPassword.ReplaceAllStringFunc(text, func(s string) string {
		m := badPassword.FindStringSubmatch(s)
		if port.MatchString(m[2]) {
			return s
		}
		return m[1] + redacted + "@"
	})
	text = replaceSecret(urlPassword, text, "@")
	for _, form := range []*regexp.Regexp{secretValue, secretQuery, secretEntry} {
		text = replaceSecret(form, text, "")
	}
	return accessKey.ReplaceAllString(text, redacted)
}

// replaceSecret redacts the second group of the form, which is what stands
// between the first and end.
func replaceSecret(form *regexp.Regexp, text, end string) string {
	return form.ReplaceAllStringFunc(text, func(s string) string {
		m := form.FindStringSubmatch(s)
		if m[2] == "" || reference.MatchString(m[2]) {
			return s
		}
		return m[1] + redacted + end
	})
}

// PasswordOf says where else than in its URL a database's password is looked for.
func PasswordOf(url string) string {
	if scheme, _, _ := strings.Cut(url, "://"); scheme == "mysql" || scheme == "mariadb" {
		return "MYSQL_PWD or ~/.my.cnf"
	}
	return "PGPASSWORD or ~/.pgpass"
}
