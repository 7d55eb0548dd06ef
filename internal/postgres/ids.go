package postgres

import (
	"github.com/jackc/pgx/v5/pgtype"

	"huying/internal/id"
)

// idCodec sends an identifier, which is a string type of its own, as the 16
// bytes of a uuid. pgx's codec has no such form: it looks for one, makes an
// error that names the types, and sends text, with each identifier anew.
type idCodec struct{ pgtype.UUIDCodec }

// PlanEncode is pgx's.
func (c idCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.(string); ok && format == pgtype.BinaryFormatCode {
		return encodeID{}
	}
	return c.UUIDCodec.PlanEncode(m, oid, format, value)
}

type encodeID struct{}

// Encode appends the bytes. What is no identifier is an error, after which pgx
// sends text, and PostgreSQL says what it thinks of it.
func (encodeID) Encode(value any, buf []byte) ([]byte, error) {
	raw, err := id.Bytes(value.(string))
	return append(buf, raw[:]...), err
}
