// Reads a payload by its description: {"description", "minor", "payload"} in, the value out.
package main

import (
	"encoding/hex"
	"encoding/json"
	"log"
	"os"

	"cloakroom.dev/go/cloakroom/payload"
)

func main() {
	var request struct {
		Description json.RawMessage
		Minor       uint32
		Payload     string
	}
	if err := json.NewDecoder(os.Stdin).Decode(&request); err != nil {
		log.Fatal(err)
	}
	shape, err := payload.ParseDescription(request.Description)
	if err != nil {
		log.Fatal(err)
	}
	data, err := hex.DecodeString(request.Payload)
	if err != nil {
		log.Fatal(err)
	}
	value, readOnly, err := shape.Read(request.Minor, data)
	if err != nil {
		log.Fatal(err)
	}
	answer := map[string]any{"value": shown(value), "read_only": readOnly}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		log.Fatal(err)
	}
}

// shown is a value as SPEC 7.7 writes it in JSON.
func shown(value any) any {
	switch v := value.(type) {
	case payload.Some:
		return shown(v.Value)
	case payload.Fields:
		fields := map[string]any{}
		for name, field := range v {
			fields[name] = shown(field)
		}
		return fields
	case payload.Variant:
		if v.Value == nil {
			return v.Name
		}
		return map[string]any{v.Name: shown(v.Value)}
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = shown(item)
		}
		return items
	default:
		return value
	}
}
