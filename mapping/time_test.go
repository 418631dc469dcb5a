package mapping

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// FuzzTime holds dates and times against package time: what it writes is read
// back as the same, and what is written is what it writes.
func FuzzTime(f *testing.F) {
	for _, s := range []int64{0, 1, -1, 951782400, 1713331800, -62135596800, 253402300799, 4107542400, -2203891200} {
		f.Add(s, int32(123456789), int16(540))
	}
	f.Fuzz(func(t *testing.T, seconds int64, nanos int32, zone int16) {
		if seconds < -62135510400 || seconds > 253402214400 || nanos < 0 || nanos > 999999999 || zone < -1000 || zone > 1000 {
			return
		}
		at := time.Unix(seconds, int64(nanos)).In(time.FixedZone("", int(zone)*60))
		for ours, theirs := range map[string]string{
			"%Y-%m-%d %H:%M:%S.%f %z":        "2006-01-02 15:04:05.000000000 -0700",
			"%d %b %Y %I:%M:%S %p %z":        "02 Jan 2006 03:04:05 PM Z07:00",
			"%A, %B %d, %Y %H%M%S%f%z":       "Monday, January 02, 2006 150405.000000000Z0700",
			"%a %j %Y %H:%M:%S.%f%%%z":       "Mon 002 2006 15:04:05.000000000%-07:00",
			"%Y%m%dT%H%M%S.%f%z":             "20060102T150405.000000000-0700",
			"%m/%d/%Y %H h %M m %S.%f s, %z": "1/2/2006 15 h 4 m 5.999999999 s, -07:00",
		} {
			text := at.Format(theirs)
			if !strings.Contains(ours, ".%f") {
				text = strings.Replace(text, ".", "", 1)
			}
			if strings.Contains(ours, ".%f s") && !strings.Contains(text, ".") {
				continue // Go leaves a fraction of zero out
			}
			format, err := parseTimeFormat(ours)
			if err != nil {
				t.Fatal(err)
			}
			got, err := format.parse(text)
			want := ofTime(at)
			if !strings.Contains(ours, "%f") {
				want = ofTime(at.Truncate(time.Second))
			}
			if err != nil || got != want {
				t.Errorf("%q by %q: got %s, %v; want %s", text, ours, got.text(), err, want.text())
			}
		}
		checkWriting(t, at)
	})
}

func checkWriting(t *testing.T, at time.Time) {
	format, err := parseTimeFormat("%Y %y %m %d %H %I %M %S %f %p %a %A %b %B %j %z")
	if err != nil {
		t.Fatal(err)
	}
	got, err := format.format(ofTime(at))
	utc := at.UTC()
	want := utc.Format("2006 06 01 02 15 03 04 05 ") + fmt.Sprintf("%06d", utc.Nanosecond()/1000) + utc.Format(" PM Mon Monday Jan January 002 -0700")
	if err != nil || got != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	if got, want := ofTime(at).text(), utc.Format("2006-01-02T15:04:05.999999999Z"); got != want {
		t.Errorf("text: got %s, want %s", got, want)
	}
	if y, m, d := dateOf(floorDiv(at.Unix(), 86400)); y != utc.Year() || m != int(utc.Month()) || d != utc.Day() || daysOf(y, m, d) != floorDiv(at.Unix(), 86400) {
		t.Errorf("%s: date %d-%d-%d", utc, y, m, d)
	}
}

func TestStrptime(t *testing.T) {
	for _, tc := range []struct{ format, text, want string }{
		{"%y%m%d%H%M", "2404170500", "2024-04-17T05:00:00"},
		{"%y%m%d%H%M", "240417050", `!"240417050" does not match "%y%m%d%H%M"`}, // Python reads 05:00
		{"%y%m%d%H%M", "24041705000", `!"24041705000" does not match "%y%m%d%H%M": "0" is left over`},
		{"%d.%m.%Y", "1.2.2024", "2024-02-01"},
		{"%d.%m.%Y", "01.02.24", `!"01.02.24" does not match "%d.%m.%Y"`},
		{"%y", "68", "2068-01-01"},
		{"%y", "69", "1969-01-01"},
		{"%H:%M", "9:05", "09:05:00"},
		{"%I:%M %p", "12:00 am", "00:00:00"},
		{"%I:%M %p", "12:00 PM", "12:00:00"},
		{"%p %I:%M", "오전 12:05", "00:05:00"},
		{"%p %I:%M", "오후 1:05", "13:05:00"},
		{"%I:%M %p", "13:00 PM", `!"13:00 PM" does not match "%I:%M %p": there is no hour 13 of 12`},
		{"%Y-%j", "2024-366", "2024-12-31"},
		{"%Y-%j", "2023-366", `!"2023-366" does not match "%Y-%j": 2023 has no day 366`},
		{"%Y %b %d", "2024 feb 29", "2024-02-29"},
		{"%B %Y", "MAY 2024", "2024-05-01"},
		{"%a %Y-%m-%d", "Tue 2024-04-17", `!"Tue 2024-04-17" does not match "%a %Y-%m-%d": that date is a Wednesday`},
		{"%Y-%m-%d %H:%M:%S%z", "2024-04-17 05:00:00+09:00", "2024-04-16T20:00:00Z"},
		{"%Y-%m-%d %z", "2024-04-17 -0130", "2024-04-17T01:30:00Z"},
		{"%Y-%m-%d %z", "2024-04-17 +09:00:30", "2024-04-16T14:59:30Z"},
		{"%Y-%m-%d %z", "2024-04-17 +9", `!"2024-04-17 +9" does not match "%Y-%m-%d %z"`},
		{"%Y-%m-%d %z", "2024-04-17 KST", `!"2024-04-17 KST" does not match "%Y-%m-%d %z"`},
		{"%Y-%m-%d", "0000-01-01", `!"0000-01-01" does not match "%Y-%m-%d": there is no year 0 here: 1 to 9999`},
		{"%S.%f", "1.123456", "00:00:01.123456"},
		{"%S.%f", "1.123456789", `!"1.123456789" does not match "%S.%f": a time of day holds six digits of a second`},
		{"100%% %Y", "100% 2024", "2024-01-01"},
		{"%Y", "２０２４", `!"２０２４" does not match "%Y"`},
	} {
		format, err := parseTimeFormat(tc.format)
		if err != nil {
			t.Fatal(err)
		}
		v, err := format.parse(tc.text)
		got := v.text()
		if err != nil {
			got = "!" + err.Error()
		}
		if got != tc.want {
			t.Errorf("%q by %q:\n got %s\nwant %s", tc.text, tc.format, got, tc.want)
		}
	}
}

// Two instants of an hour that comes twice, and the hour that does not come.
func TestZones(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Seoul", "Pacific/Apia", "UTC"} {
		zone, err := loadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Date(2011, 12, 1, 0, 0, 0, 0, time.UTC)
		for i := range 24 * 2 * 600 {
			at := ofTime(start.Add(time.Duration(i) * 30 * time.Minute))
			wall := inZone(at, zone)
			back, err := fromZone(wall, zone)
			_, before := time.UnixMicro(at.n - 2*3600*secondMicros).In(zone).Zone()
			_, after := time.UnixMicro(at.n + 2*3600*secondMicros).In(zone).Zone()
			if err == nil && back != at || err != nil && before <= after {
				t.Fatalf("%s: %s shows %s, which is %s, %v", name, at.text(), wall.text(), back.text(), err)
			}
		}
	}
}
