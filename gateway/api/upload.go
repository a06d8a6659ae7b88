package api

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"decore/gateway/problem"
)

const (
	mediaForm  = "multipart/form-data"
	answerTime = time.Minute // to send an answered sheet
)

// Upload is a sheet, sent as the file of a form. It is streamed to a temporary file that Close removes.
type Upload struct {
	Dry
	Key    string `header:"Idempotency-Key" maxLength:"128" doc:"Same key and file: the same answer, for 48 hours. A repeat after that is a new request, which a rule of the ledger may refuse. With another file: IDEMPOTENCY_KEY_REUSED, in a dry run too, which takes no key (幂等键：自首次使用起保留 48 小时，期内重复提交得到首次应答；逾期再提交视为新请求，可能因账本规则被拒绝)"`
	Accept string `header:"Accept" doc:"application/json for a summary; the sheet's own media type for the sheet with its faults (应答类型)"`

	file *os.File
	size int64
	hash [sha256.Size]byte
}

// Resolve reads the form (huma.Resolver).
func (u *Upload) Resolve(ctx huma.Context) []error {
	if err := u.read(ctx); err != nil {
		u.close()
		return []error{err}
	}
	return nil
}

func (u *Upload) read(ctx huma.Context) error {
	e := of(ctx.Context())
	_ = e.conn.SetReadDeadline(time.Now().Add(e.uploadTime))
	// The server's own timeout for the answer counts from the request's beginning, and is meant for smaller ones.
	_ = e.conn.SetWriteDeadline(time.Now().Add(2*e.uploadTime + answerTime))
	media, params, err := mime.ParseMediaType(ctx.Header("Content-Type"))
	if err != nil || media != mediaForm {
		return problem.New(problem.MediaType).Because("send a form of type multipart/form-data with the sheet in the field file", "请使用 multipart/form-data 表单上传，文件字段名为 file")
	}
	form := multipart.NewReader(ctx.BodyReader(), params["boundary"])
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return problem.New(problem.BodyUnreadable).With(err)
		}
		if part.FormName() != "file" || u.file != nil {
			return problem.New(problem.FieldUnknown).At("/" + part.FormName())
		}
		if err := u.store(e, part); err != nil {
			return err
		}
	}
	if u.file == nil {
		return problem.New("FIELD_REQUIRED").At("/file")
	}
	_ = e.conn.SetReadDeadline(time.Time{}) // a deadline that passes while the sheet is worked on would end it
	return nil
}

// store copies the part to a temporary file, and takes its hash on the way.
func (u *Upload) store(e *exchange, part io.Reader) (err error) {
	if u.file, err = os.CreateTemp(e.uploads, "upload-*"); err != nil {
		return fmt.Errorf("temporary file: %w", err)
	}
	sum := sha256.New()
	u.size, err = io.Copy(io.MultiWriter(u.file, sum), io.LimitReader(part, e.maxSheet+1))
	sum.Sum(u.hash[:0])
	switch {
	case err != nil:
		return problem.New(problem.BodyUnreadable).With(err)
	case u.size > e.maxSheet:
		return problem.New(problem.BodyTooLarge).Because(fmt.Sprintf("at most %d bytes", e.maxSheet), fmt.Sprintf("最多 %d 字节", e.maxSheet))
	case u.size == 0:
		return problem.New(problem.SheetRefused).Because("the file is empty", "文件为空")
	}
	return nil
}

func (u *Upload) close() {
	if u.file != nil {
		_ = u.file.Close()
		_ = os.Remove(u.file.Name()) // the folder is emptied at the next start anyway
		u.file = nil
	}
}

// formOf documents the body of an upload.
func formOf() *huma.RequestBody {
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{mediaForm: {Schema: &huma.Schema{Type: huma.TypeObject, Required: []string{"file"},
		Properties: map[string]*huma.Schema{"file": {Type: huma.TypeString, Format: "binary", Description: "xlsx or csv (表格)"}}}}}}
}
