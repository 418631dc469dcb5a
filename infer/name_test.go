package infer

import (
	"testing"

	"golang.org/x/text/unicode/norm"
)

func TestLike(t *testing.T) {
	table := nameFrom("shop_product").words
	for _, tc := range []struct {
		a, b     string
		from, to float64
	}{
		{"sku", "sku", 1, 1},
		{"SKU", "sku", .99, .99},
		{"Updated At", "updated_at", .97, .97},
		{"updatedAt", "updated_at", .97, .97},
		{"HTTPStatus", "http_status", .97, .97},
		{"품 명", "품명", .97, .97},
		{"품명 *", "품명", .97, .97},
		{norm.NFD.String("품명"), "품명", .97, .97},
		{"ＳＫＵ", "sku", .97, .97},
		{"단가(원)", "단가", .93, .93},
		{"Price (USD)", "price", .93, .93},
		{"tag", "tags", .92, .92},
		{"Categories", "category", .92, .92},
		{"product_title", "title", .9, .9},
		{"titel", "title", likely, certain},
		{"descripton", "description", likely, certain},
		{"unit price", "price", doubtful, likely},
		{"desc", "description", doubtful, likely},
		{"품목명", "품명", 0, 0},
		{"price", "stock", 0, 0},
		{"id", "isbn", 0, 0},
		{"name", "stock", 0, 0},
		{"", "a", 0, 0},
		{"***", "***", 0, 0},
	} {
		got, why := like(nameFrom(tc.a), nameFrom(tc.b), table)
		if got < tc.from || got > tc.to || (got > 0) != (why != "") {
			t.Errorf("%q and %q: %.2f (%s), want %.2f to %.2f", tc.a, tc.b, got, why, tc.from, tc.to)
		}
		if back, _ := like(nameFrom(tc.b), nameFrom(tc.a), table); back != got {
			t.Errorf("%q and %q: %.2f, the other way round %.2f", tc.a, tc.b, got, back)
		}
	}
}

// TestNameOfOtherScripts makes a job's name of its source: one that a job may have, and another
// for another source.
func TestNameOfOtherScripts(t *testing.T) {
	for source, want := range map[string]string{
		"products.csv": "products", "in/my file.csv.gz": "my_file", "매출.xlsx": "maechul", "in/2024년 4월 (최종).csv": "2024nyeon_4wol_choejong", "똠방각하.csv": "ttombanggakha",
		"売上.csv": "job-f82d7e37", "売上高.csv": "job-3f12b789", "!.csv": "job",
	} {
		if got := nameOf(source); got != want {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}

// TestInEnglish finds English names for Korean headers, whole ones only.
func TestInEnglish(t *testing.T) {
	for header, want := range map[string]string{
		"가격": "price", "상품 코드": "product code", "판매가(원)": "sale price", "재고수량": "stock quantity", "사용 여부": "active", "출시일": "released at", "우편번호": "zipcode", "카테고리": "category",
		"등록일시": "created at", "홍길동": "", "price": "", "상품홍": "",
	} {
		got := ""
		for _, n := range nameFrom(header).inEnglish() {
			if n.text == want {
				got = want
			}
		}
		if all := nameFrom(header).inEnglish(); got != want || want == "" && all != nil {
			t.Errorf("%s: want %q among %v", header, want, all)
		}
	}
}
