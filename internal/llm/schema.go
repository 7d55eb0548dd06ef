package llm

import (
	"encoding/json"
	"errors"

	"github.com/sashabaranov/go-openai/jsonschema"
)

// Schema is the form of an answer. Make it with Object, List, Text, OneOf and
// Flag: these make what endpoints take as strict, where every field is there
// and no other.
type Schema struct{ def jsonschema.Definition }

// Object has exactly these fields.
func Object(fields map[string]Schema) Schema {
	def := jsonschema.Definition{Type: jsonschema.Object, Properties: map[string]jsonschema.Definition{}, AdditionalProperties: false}
	for name, f := range fields {
		def.Properties[name] = f.def
		def.Required = append(def.Required, name)
	}
	return Schema{def}
}

// List holds any number of one kind.
func List(of Schema) Schema {
	return Schema{jsonschema.Definition{Type: jsonschema.Array, Items: &of.def}}
}

// Text is any text; what says what it should be.
func Text(what string) Schema {
	return Schema{jsonschema.Definition{Type: jsonschema.String, Description: what}}
}

// OneOf is one of the values.
func OneOf(values ...string) Schema {
	return Schema{jsonschema.Definition{Type: jsonschema.String, Enum: values}}
}

// check reports an answer that is not of this form. Unknown fields are found
// in decoding.
func (s Schema) check(answer []byte) error {
	var data any
	if err := json.Unmarshal(answer, &data); err != nil {
		return err
	}
	if !jsonschema.Validate(s.def, data) {
		return errors.New("the answer is not what the schema says")
	}
	return nil
}
