package infer

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// english are words of Korean headers, and what English names have for them; of
// several, any. Tables mostly have English names.
var english = map[string]string{
	"품명": "name|title|item", "상품명": "name|title|product name", "제품명": "name|title|product name", "성명": "name|full name", "이름": "name", "명": "name|",
	"상품": "product|item", "제품": "product|item", "품목": "item|product", "코드": "code|sku", "번호": "number|no|num|id", "아이디": "id|username", "순번": "no|number|seq",
	"가격": "price|unit price", "판매가": "price|sale price|unit price", "판매가격": "price|sale price|unit price", "단가": "price|unit price", "원가": "cost|cost price", "정가": "list price|price",
	"금액": "amount|price", "합계": "total|sum", "총액": "total|total amount", "수량": "quantity|qty|amount|count", "재고": "stock|inventory", "재고수량": "stock|stock quantity|quantity", "매출": "sales|revenue", "매출액": "sales|revenue",
	"비용": "cost|expense", "이익": "profit", "이익률": "margin|profit rate", "할인": "discount", "할인율": "discount rate|discount", "세금": "tax", "부가세": "vat|tax", "급여": "salary|pay",
	"분류": "category|type|class", "카테고리": "category", "종류": "type|kind", "유형": "type|kind", "구분": "type|division", "태그": "tag", "상태": "status|state", "등급": "grade|level|rank",
	"날짜": "date|day", "일자": "date|day|", "일시": "datetime|at|time|", "시간": "time|hour", "년도": "year", "연도": "year", "월": "month", "일": "date|day|at|",
	"주문": "order", "판매": "sale|sales", "구매": "purchase", "배송": "delivery|shipping", "결제": "payment", "출시": "release|released|launch", "등록": "registered|created|register",
	"생성": "created", "수정": "updated|modified", "시작": "start|begin", "종료": "end|finish", "마감": "due|deadline|close", "생년월": "birth", "생일": "birthday|birth date",
	"제목": "title|subject", "내용": "content|body|text", "설명": "description|detail", "비고": "note|remark|memo", "메모": "memo|note", "사용": "use|active|enabled", "활성": "active|is active|enabled", "여부": "",
	"고객": "customer|client", "회원": "member|user|customer", "사용자": "user", "담당자": "manager|owner|contact|assignee", "직원": "employee|staff", "부서": "department|dept", "직급": "position|rank|title", "거래처": "vendor|supplier|client|customer", "업체": "company|vendor", "회사": "company",
	"주소": "address", "우편": "zip|postal|post", "우편번호": "zip|zipcode|zip code|postal code|postcode", "전화": "phone|tel|telephone", "전화번호": "phone|phone number|tel", "연락처": "phone|contact|phone number", "휴대폰": "mobile|phone|cell phone", "이메일": "email|mail|e mail", "메일": "mail|email",
	"국가": "country", "지역": "region|area", "도시": "city", "매장": "store|shop", "지점": "branch", "창고": "warehouse", "나이": "age", "성별": "gender|sex", "색상": "color|colour", "크기": "size", "무게": "weight", "단위": "unit", "브랜드": "brand", "제조사": "manufacturer|maker", "이미지": "image", "링크": "link|url", "주소록": "contact",
}

// mostEnglish is how many English names are tried for one.
const mostEnglish = 24

// inEnglish returns what a Korean name may be in English: all that its words, one
// behind the other, stand for. There is none if one of them is not known.
func (n name) inEnglish() (all []name) {
	rest := []rune(norm.NFC.String(n.plain().key()))
	found := []string{""}
	for len(rest) > 0 {
		size := len(rest)
		for ; size > 0; size-- {
			if _, ok := english[string(rest[:size])]; ok {
				break
			}
		}
		if size == 0 {
			return nil
		}
		var next []string
		for _, before := range found {
			for word := range strings.SplitSeq(english[string(rest[:size])], "|") {
				next = append(next, strings.TrimSpace(before+" "+word))
			}
		}
		found, rest = next[:min(len(next), mostEnglish)], rest[size:]
	}
	for _, text := range found {
		if text != "" {
			all = append(all, nameFrom(text))
		}
	}
	return all
}
