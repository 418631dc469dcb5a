package spec_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/spec"
)

func TestRedact(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "",
		"s3://bucket/a@b/c:d":                  "s3://bucket/a@b/c:d",
		"https://host:8080/x@v1?y=1":           "https://host:8080/x@v1?y=1",
		"https://host:8080":                    "https://host:8080",
		"postgres://user@host/db":              "postgres://user@host/db",
		"postgres://user:pw@host/db":           "postgres://user:xxxxx@host/db",
		"postgres://user:p@ss@host/db":         "postgres://user:xxxxx@host/db",
		"postgres://user:p/w?x#@host/db":       "postgres://user:xxxxx@host/db",
		"postgres://:pw@host/db":               "postgres://:xxxxx@host/db",
		"postgres://user:${PW}@host/db":        "postgres://user:${PW}@host/db",
		"postgres://user:{pw}@host/db":         "postgres://user:{pw}@host/db",
		"postgres://user:pw${X}@host/db":       "postgres://user:xxxxx@host/db",
		"postgres://h/d?user=u&password=p%40w": "postgres://h/d?user=u&password=xxxxx",
		"host=h password=pw user=u":            "host=h password=xxxxx user=u",
		"host=h password='p w' user=u":         "host=h password=xxxxx user=u",
		"https://b.s3.amazonaws.com/k?X-Amz-Algorithm=A&X-Amz-Credential=AKIA%2F2024&X-Amz-Signature=abc&X-Amz-Security-Token=t%2F": "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=A&X-Amz-Credential=xxxxx&X-Amz-Signature=xxxxx&X-Amz-Security-Token=xxxxx",
		"https://h/k?sv=1&sig=a%2Fb":                    "https://h/k?sv=1&sig=xxxxx",
		"https://h/?api_key=1&key=2&access_token=3&a=4": "https://h/?api_key=xxxxx&key=xxxxx&access_token=xxxxx&a=4",
		"https://h/?AWSAccessKeyId=x&Signature=y":       "https://h/?AWSAccessKeyId=xxxxx&Signature=xxxxx",
		"AKIAIOSFODNN7EXAMPLE is an id":                 "xxxxx is an id",
		"aws_secret_access_key = wJalr/K7":              "aws_secret_access_key = xxxxx",
		`"SecretAccessKey": "wJalr/K7", "a": 1`:         `"SecretAccessKey": xxxxx, "a": 1`,
		"key: [sku]":                                    "key: [sku]",
		"one https://a:b@c/ and two mysql://d:e@f/g":    "one https://a:xxxxx@c/ and two mysql://d:xxxxx@f/g",
		`value: row.token == "x"`:                       `value: row.token == "x"`,
	} {
		if got := spec.Redact(text); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", text, got, want)
		}
	}
}

// A text that is one URL has all of its password taken out, whatever is in it.
func TestRedactURL(t *testing.T) {
	for text, want := range map[string]string{
		"postgres://u:p w@h/d":         "postgres://u:xxxxx@h/d",
		"postgres://u:p'w\"@h/d":       "postgres://u:xxxxx@h/d",
		"postgres://u:p@s s@h/d":       "postgres://u:xxxxx@h/d",
		"postgres:u:pw@h/d":            "postgres:u:xxxxx@h/d",
		"postgres://u:${PW}@h/d":       "postgres://u:${PW}@h/d",
		"postgres://h/d?password=p%20": "postgres://h/d?password=xxxxx",
		"https://host:8080/x@v1?y=1":   "https://host:8080/x@v1?y=1",
		"s3://bucket/a b@c:d@e":        "s3://bucket/a b@c:d@e",
		"C:/in/a@b.csv":                "C:/in/a@b.csv",
		"at 12:30 @ home":              "at 12:30 @ home",
	} {
		if got := spec.RedactURL(text); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", text, got, want)
		}
	}
}

// FuzzRedact checks that a password or token is never left in a URL, and that
// what is redacted once stays as it is.
func FuzzRedact(f *testing.F) {
	f.Add("see ", "hunter2hunter2")
	f.Add("a=b&c", "@:/?#[]")
	f.Fuzz(func(t *testing.T, around, secret string) {
		once := spec.Redact(around)
		if twice := spec.Redact(once); twice != once {
			t.Errorf("%q: once %q, twice %q", around, once, twice)
		}
		secret = "~" + url.QueryEscape(secret) + "~"
		u := url.URL{Scheme: "postgres", User: url.UserPassword("me", secret), Host: "host", Path: "/db", RawQuery: "password=" + secret + "&x=1"}
		if got := spec.Redact(u.String()); strings.Contains(got, secret) || got != "postgres://me:xxxxx@host/db?password=xxxxx&x=1" {
			t.Errorf("%s: got %s", u.String(), got)
		}
	})
}
