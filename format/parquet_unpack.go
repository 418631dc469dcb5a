package format

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// The codecs of pages.
const (
	codecNone   = 0
	codecSnappy = 1
	codecGzip   = 2
	codecLZO    = 3
	codecBrotli = 4
	codecLZ4    = 5 // in frames, of Hadoop or of LZ4
	codecZstd   = 6
	codecLZ4Raw = 7
)

// An unpacker unpacks pages, of which it is known how many bytes they become: no
// page ever becomes more.
type unpacker struct {
	zstd   *zstd.Decoder
	gzip   *gzip.Reader
	brotli *brotli.Reader
}

var errUnpacked = errors.New("it does not unfold to as many bytes as its page says")

// unpack fills dst with what src unfolds to.
func (u *unpacker) unpack(codec int32, dst, src []byte) error {
	switch codec {
	case codecNone:
		if len(src) != len(dst) {
			return errUnpacked
		}
		copy(dst, src)
		return nil
	case codecSnappy:
		n, err := snappy.DecodedLen(src)
		if err != nil || n != len(dst) {
			return errors.Join(err, errUnpacked)
		}
		_, err = snappy.Decode(dst, src)
		return err
	case codecGzip:
		return u.ungzip(dst, src)
	case codecBrotli:
		if u.brotli == nil {
			u.brotli = brotli.NewReader(nil)
		}
		if err := u.brotli.Reset(bytes.NewReader(src)); err != nil {
			return err
		}
		return fill(dst, u.brotli)
	case codecZstd:
		return u.unzstd(dst, src)
	case codecLZ4:
		return unlz4(dst, src)
	case codecLZ4Raw:
		return unlz4Block(dst, src)
	case codecLZO:
		return errors.New("it is compressed by LZO, which sluice does not read")
	}
	return fmt.Errorf("it is compressed by a codec %d, which sluice does not know", codec)
}

// fill reads all of in to dst.
func fill(dst []byte, in io.Reader) error {
	if _, err := io.ReadFull(in, dst); err != nil {
		return err
	}
	var more [1]byte
	if n, _ := in.Read(more[:]); n > 0 {
		return errUnpacked
	}
	return nil
}

func (u *unpacker) ungzip(dst, src []byte) (err error) {
	if u.gzip == nil {
		u.gzip, err = gzip.NewReader(bytes.NewReader(src))
	} else {
		err = u.gzip.Reset(bytes.NewReader(src))
	}
	if err != nil {
		u.gzip = nil
		return err
	}
	return fill(dst, u.gzip)
}

func (u *unpacker) unzstd(dst, src []byte) (err error) {
	if u.zstd == nil {
		u.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderLowmem(true))
		if err != nil {
			return err
		}
	}
	out, err := u.zstd.DecodeAll(src, dst[:0:len(dst)])
	if err == nil && len(out) != len(dst) {
		return errUnpacked
	}
	return err
}

// unlz4 reads the blocks of Hadoop, each with its two lengths before it, or else
// what older programs wrote by the same name: a frame or a block of LZ4.
func unlz4(dst, src []byte) error {
	if unlz4Hadoop(dst, src) == nil {
		return nil
	}
	if len(src) >= 4 && binary.LittleEndian.Uint32(src) == 0x184D2204 {
		return fill(dst, lz4.NewReader(bytes.NewReader(src)))
	}
	return unlz4Block(dst, src)
}

func unlz4Hadoop(dst, src []byte) error {
	for len(src) >= 8 {
		whole, packed := binary.BigEndian.Uint32(src), binary.BigEndian.Uint32(src[4:])
		if src = src[8:]; uint64(packed) > uint64(len(src)) || uint64(whole) > uint64(len(dst)) {
			return errUnpacked
		}
		if err := unlz4Block(dst[:whole], src[:packed]); err != nil {
			return err
		}
		dst, src = dst[whole:], src[packed:]
	}
	if len(dst)+len(src) > 0 {
		return errUnpacked
	}
	return nil
}

func unlz4Block(dst, src []byte) error {
	n, err := lz4.UncompressBlock(src, dst)
	if err == nil && n != len(dst) {
		return errUnpacked
	}
	return err
}

// close gives back what the unpacker holds.
func (u *unpacker) close() {
	if u.zstd != nil {
		u.zstd.Close()
	}
}
