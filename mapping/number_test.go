package mapping

import (
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/row"
)

// FuzzNumber holds what is done with the texts of numbers against math/big and
// strconv.
func FuzzNumber(f *testing.F) {
	for _, s := range []string{
		"0", "-0", "7", "-1.50", "1e2", "12345678901234567890", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
		"0.5", "1.5", "2.5", "-2.5", "2.675", "99.995", "0.0049", "1e-7", "0.000e5", "+5", ".5", "5.", "1e", "e5", "--1", "1_0", "0x1", "999999999999999999999999999999999999999", "1e38", "5e-1", "-5e-1", "49e-2",
	} {
		f.Add(s, int8(2))
	}
	f.Fuzz(func(t *testing.T, s string, places int8) {
		d, ok := parseDecimal(s)
		if strings.ContainsAny(s, "_xXpP/bBoO") || len(s) > 60 {
			return // what big.Rat reads and no number here is, and what takes long
		}
		if !ok {
			return
		}
		if d.exp > 200 || d.exp < -200 {
			return
		}
		want, isRat := new(big.Rat).SetString(s)
		if !isRat {
			t.Fatalf("%q is no number, and was taken for one", s)
		}
		if got, _ := new(big.Rat).SetString(d.text()); got == nil || got.Cmp(want) != 0 {
			t.Errorf("%q: text gives %s", s, d.text())
		}
		if d.integral() != want.IsInt() {
			t.Errorf("%q: integral is %v", s, d.integral())
		}
		checkInt(t, s, d, want)
		checkUnscaled(t, s, d, want, int(places))
		checkRound(t, s, d, want, int(places))
	})
}

func checkInt(t *testing.T, s string, d decimal, want *big.Rat) {
	n, ok := d.int64()
	if wantOK := want.IsInt() && want.Num().IsInt64(); ok != wantOK || ok && n != want.Num().Int64() {
		t.Errorf("%q: int64 gives %d, %v", s, n, ok)
	}
	n, state := parseInt(s)
	m, err := strconv.ParseInt(s, 10, 64)
	if (state == isInt) != (err == nil) || err == nil && n != m {
		t.Errorf("%q: parseInt gives %d, %d; strconv %d, %v", s, n, state, m, err)
	}
}

func checkUnscaled(t *testing.T, s string, d decimal, want *big.Rat, scale int) {
	if scale < 0 || scale > 38 {
		return
	}
	scaled := new(big.Rat).Mul(want, new(big.Rat).SetInt(pow10(scale)))
	digits, v, ok := d.unscaled(scale)
	magnitude := new(big.Int).Abs(scaled.Num())
	fits := scaled.IsInt() && magnitude.Cmp(pow10(38)) < 0
	if ok != fits {
		t.Fatalf("%q at scale %d: fits is %v", s, scale, ok)
	}
	if ok && (v.String() != magnitude.String() || magnitude.Sign() > 0 && digits != len(magnitude.String())) {
		t.Errorf("%q at scale %d: got %s of %d digits, want %s", s, scale, v, digits, magnitude)
	}
}

func checkRound(t *testing.T, s string, d decimal, want *big.Rat, places int) {
	if places < 0 {
		return
	}
	unit := new(big.Rat).SetInt(pow10(places))
	scaled := new(big.Rat).Mul(want, unit)
	for name, round := range map[string]func(decimal, int) decimal{"even": decimal.roundHalfEven, "away": decimal.roundHalfAway} {
		whole := roundRat(scaled, name)
		rounded := new(big.Rat).Quo(new(big.Rat).SetInt(whole), unit)
		got := round(d, places)
		if r, _ := new(big.Rat).SetString(got.text()); r == nil || r.Cmp(rounded) != 0 {
			t.Errorf("%q to %d places, half to %s: got %s, want %s", s, places, name, got.text(), rounded.FloatString(places))
		}
		if c := got.compare(d); c != rounded.Cmp(want) {
			t.Errorf("compare %s with %q gives %d", got.text(), s, c)
		}
	}
}

// roundRat rounds by the definition: away from the floor by more than a half
// is up, exactly a half is by the rule.
func roundRat(r *big.Rat, rule string) *big.Int {
	floor, rest := new(big.Int), new(big.Int)
	floor.DivMod(r.Num(), r.Denom(), rest)
	twice := rest.Lsh(rest, 1).Cmp(r.Denom())
	up := twice > 0
	if twice == 0 {
		up = rule == "even" && floor.Bit(0) == 1 || rule == "away" && r.Sign() > 0
	}
	if up {
		floor.Add(floor, big.NewInt(1))
	}
	return floor
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// FuzzFloat holds floats against strconv: the same value, and refused only
// where digits of an integer would be lost or nothing would be left.
func FuzzFloat(f *testing.F) {
	for _, s := range []string{"0.1", "1e308", "1e309", "5e-324", "1e-324", "9007199254740993", "16777217", "123456789012345678901", "1e23", "-0.0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if _, ok := parseDecimal(s); !ok || len(s) > 400 {
			return
		}
		for _, width := range []int{32, 64} {
			got, why := toFloat(s, width)
			want, err := strconv.ParseFloat(s, width)
			if why == "" && (err != nil || got != want) {
				t.Errorf("%q: got %v, strconv %v, %v", s, got, want, err)
			}
			exact, isInt := new(big.Int).SetString(strings.TrimPrefix(s, "+"), 10)
			if isInt && err == nil {
				asInt, _ := new(big.Float).SetFloat64(want).Int(nil)
				if same := asInt.Cmp(exact) == 0; same != (why == "") {
					t.Errorf("%q in %d bits: %s, and it is exact: %v", s, width, why, same)
				}
			}
		}
	})
}

// Arithmetic on integers agrees with math/big, or is refused beyond 64 bits.
func FuzzArithmetic(f *testing.F) {
	const least = -1 << 63
	for _, a := range []int64{0, 1, -1, 2, 10, 1<<62 + 1, least, 1<<63 - 1, -7, 3037000500} {
		for _, b := range []int64{0, 1, -1, 3, 63, least, 1<<63 - 1, 3037000500} {
			f.Add(a, b)
		}
	}
	f.Fuzz(func(t *testing.T, a, b int64) {
		x, y := big.NewInt(a), big.NewInt(b)
		want := map[string]*big.Int{"+": new(big.Int).Add(x, y), "-": new(big.Int).Sub(x, y), "*": new(big.Int).Mul(x, y)}
		if b != 0 {
			want["%"] = new(big.Int).Rem(x, y)
		}
		if b >= 0 && b < 70 {
			want["**"] = new(big.Int).Exp(x, y, nil)
		}
		for op, n := range want {
			got, err := binaries[op](nil, ofInt(a), ofInt(b))
			if (err == nil) != n.IsInt64() || err == nil && got.n != n.Int64() {
				t.Errorf("%d %s %d: got %d, %v; want %s", a, op, b, got.n, err, n)
			}
		}
		if got, err := compare(ofInt(a), ofNumber(strconv.FormatInt(b, 10)+".0")); err != nil || got != x.Cmp(y) {
			t.Errorf("compare %d with %d: %d, %v", a, b, got, err)
		}
	})
}

// A decimal without a precision, which only columns of databases are, holds
// every number as it is written.
func TestDecimalOfAnyDigits(t *testing.T) {
	typ := row.Type{Kind: row.Decimal}
	c := &converter{typ: typ}
	c.settle()
	for text, want := range map[string]string{
		"1.50": "1.50", "-0": "-0", "+7": "7", ".5": "0.5", "-.5": "-0.5", "1e3": "1000", "-12.5E-3": "-0.0125", "007": "007",
		"1e1000": "1" + strings.Repeat("0", 1000), "12.x4": "", "": "", "1e1001": "", "1e-9999999999999": "", strings.Repeat("9", 1001): "",
	} {
		b := row.NewBatch(row.Schema{{Type: typ}})
		err := c.put(c, b, &b.Cols[0], cell([]byte(text)))
		if want == "" {
			if err == nil || b.Cols[0].Len() != 0 {
				t.Errorf("%.20q is taken: %s", text, b.Cols[0].Bytes)
			}
			continue
		}
		if err != nil || string(b.Cols[0].Bytes[0]) != want {
			t.Errorf("%.20q: got %s, %v, want %.40s", text, b.Cols[0].Bytes, err, want)
			continue
		}
		if v, err := columnValue(&b.Cols[0], 0); err != nil || !v.isNumber() && v.k != bigKind {
			t.Errorf("%.20q: as a value %+v, %v", text, v, err)
		}
	}
}
