package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
)

// tokenName is the name of a Token in an object's metadata.
const tokenName = "sluice-token"

func (s *s3Store) list(ctx context.Context, req Request) (Answer, error) {
	in := &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &req.Key}
	if req.After != "" {
		in.StartAfter = &req.After
	}
	if req.Max > 0 && req.Max < MaxKeys {
		in.MaxKeys = aws.Int32(int32(req.Max))
	}
	out, err := s.client.ListObjectsV2(ctx, in)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{List: make([]Info, len(out.Contents)), More: aws.ToBool(out.IsTruncated)}
	for i, o := range out.Contents {
		a.List[i] = Info{
			Key:      aws.ToString(o.Key),
			ETag:     unquote(o.ETag),
			Size:     aws.ToInt64(o.Size),
			Modified: aws.ToTime(o.LastModified),
		}
	}
	return a, nil
}

func (s *s3Store) head(ctx context.Context, req Request) (Answer, error) {
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &req.Key})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Info: Info{
		ETag:     unquote(out.ETag),
		Size:     aws.ToInt64(out.ContentLength),
		Modified: aws.ToTime(out.LastModified),
		Token:    out.Metadata[tokenName],
		Served:   served(out.ResultMetadata),
	}}, nil
}

func (s *s3Store) get(ctx context.Context, req Request) (Answer, error) {
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: &req.Key, IfMatch: quote(req.If.Match), Range: req.Range.header()}
	out, err := s.client.GetObject(ctx, in)
	if err != nil {
		return Answer{}, err
	}
	defer out.Body.Close()
	size := int64(-1)
	if out.ContentLength != nil {
		size = *out.ContentLength
	}
	body, err := readBody(out.Body, size)
	if err != nil {
		return Answer{}, err
	}
	info := Info{
		ETag:     unquote(out.ETag),
		Size:     int64(len(body)),
		Modified: aws.ToTime(out.LastModified),
		Token:    out.Metadata[tokenName],
		Served:   served(out.ResultMetadata),
	}
	info.Size, err = req.Range.check(info.Size, aws.ToString(out.ContentRange))
	return Answer{Info: info, Body: body}, err
}

// readBody returns exactly the size bytes that an answer promised, or all if
// it promised nothing (-1).
func readBody(r io.Reader, size int64) ([]byte, error) {
	if size < 0 {
		return io.ReadAll(r)
	}
	body := make([]byte, size)
	if n, err := io.ReadFull(r, body); err != nil {
		return nil, fmt.Errorf("body cut short after %d of %d bytes: %w", n, size, err)
	}
	return body, nil
}

// header returns r as the value of a Range header, or nil for everything.
func (r Range) header() *string {
	switch {
	case r == (Range{}):
		return nil
	case r.Length == 0:
		return aws.String(fmt.Sprintf("bytes=%d-", r.Offset))
	}
	return aws.String(fmt.Sprintf("bytes=%d-%d", r.Offset, r.Offset+r.Length-1))
}

// check returns the size of the whole object, given how many bytes were
// answered for r and the header that says which they are.
func (r Range) check(got int64, contentRange string) (int64, error) {
	if r == (Range{}) {
		return got, nil
	}
	begin, after, _ := strings.Cut(strings.TrimPrefix(contentRange, "bytes "), "-")
	_, total, _ := strings.Cut(after, "/")
	size, err := strconv.ParseInt(total, 10, 64)
	if err != nil || begin != strconv.FormatInt(r.Offset, 10) {
		return 0, &Error{Kind: Unsupported, Err: fmt.Errorf("asked for bytes from %d on, the server answered %q", r.Offset, contentRange)}
	}
	if want, err := r.within(size); err != nil || want != got {
		return 0, &Error{Kind: Broken, Err: fmt.Errorf("%d bytes where the range has %d", got, want)}
	}
	return size, nil
}

func (s *s3Store) put(ctx context.Context, req Request) (Answer, error) {
	match, none := req.If.headers()
	out, err := s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.bucket, Key: &req.Key, Body: bytes.NewReader(req.Body), ContentLength: aws.Int64(int64(len(req.Body))),
		IfMatch: match, IfNoneMatch: none, Metadata: metadata(req.Token),
	})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Info: Info{ETag: unquote(out.ETag), Size: int64(len(req.Body)), Token: req.Token, Served: served(out.ResultMetadata)}}, nil
}

func (s *s3Store) copy(ctx context.Context, req Request) (Answer, error) {
	match, none := req.If.headers()
	in := &s3.CopyObjectInput{Bucket: &s.bucket, Key: &req.Key, CopySource: aws.String(escape(s.bucket + "/" + req.Source)), IfMatch: match, IfNoneMatch: none}
	if req.Token != "" {
		in.Metadata, in.MetadataDirective = metadata(req.Token), types.MetadataDirectiveReplace
	}
	out, err := s.client.CopyObject(ctx, in)
	if err != nil {
		return Answer{}, err
	}
	if out.CopyObjectResult == nil {
		return Answer{}, errors.New("the answer says nothing about the copy")
	}
	r := out.CopyObjectResult
	return Answer{Info: Info{ETag: unquote(r.ETag), Size: -1, Modified: aws.ToTime(r.LastModified), Token: req.Token, Served: served(out.ResultMetadata)}}, nil
}

func (s *s3Store) delete(ctx context.Context, req Request) (Answer, error) {
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &req.Key, IfMatch: quote(req.If.Match)})
	return Answer{}, unlessGone(err)
}

func (s *s3Store) begin(ctx context.Context, req Request) (Answer, error) {
	out, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &s.bucket, Key: &req.Key, Metadata: metadata(req.Token)})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Upload: aws.ToString(out.UploadId)}, nil
}

func (s *s3Store) part(ctx context.Context, req Request) (Answer, error) {
	out, err := s.client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &s.bucket, Key: &req.Key, UploadId: &req.Upload, PartNumber: aws.Int32(int32(req.Number)),
		Body: bytes.NewReader(req.Body), ContentLength: aws.Int64(int64(len(req.Body))),
	})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Part: Part{Number: req.Number, ETag: unquote(out.ETag), Size: int64(len(req.Body))}}, nil
}

func (s *s3Store) complete(ctx context.Context, req Request) (Answer, error) {
	parts := make([]types.CompletedPart, len(req.Parts))
	for i, p := range req.Parts {
		parts[i] = types.CompletedPart{PartNumber: aws.Int32(int32(p.Number)), ETag: quote(p.ETag)}
	}
	match, none := req.If.headers()
	out, err := s.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &s.bucket, Key: &req.Key, UploadId: &req.Upload, IfMatch: match, IfNoneMatch: none,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Info: Info{ETag: unquote(out.ETag), Size: sizeOf(req.Parts), Token: req.Token, Served: served(out.ResultMetadata)}}, nil
}

func (s *s3Store) abort(ctx context.Context, req Request) (Answer, error) {
	_, err := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.bucket, Key: &req.Key, UploadId: &req.Upload})
	return Answer{}, unlessGone(err)
}

// unlessGone returns err unless it says that what was to be removed is not there.
func unlessGone(err error) error {
	code, status, _ := s3Code(err)
	if s3Kind(code, status) == NotExist {
		return nil
	}
	return err
}

// headers returns c as the values of If-Match and If-None-Match.
func (c Condition) headers() (match, none *string) {
	if c.None {
		none = aws.String("*")
	}
	return quote(c.Match), none
}

func metadata(token string) map[string]string {
	if token == "" {
		return nil
	}
	return map[string]string{tokenName: token}
}

// escape returns the path as S3 wants it in a header: every byte escaped that
// is no letter, digit or one of -_.~/.
func escape(path string) string {
	e := strings.ReplaceAll(url.QueryEscape(path), "+", "%20")
	return strings.ReplaceAll(e, "%2F", "/")
}

// quote returns an ETag as HTTP wants it, or nil for none.
func quote(etag string) *string {
	if etag == "" {
		return nil
	}
	return aws.String(`"` + etag + `"`)
}

func unquote(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }

// served returns the store's clock at its answer.
func served(m middleware.Metadata) time.Time {
	t, _ := awsmiddleware.GetServerTime(m)
	return t
}
