// Package tools names what is built from this module: Pebble, the ACME server of the stories.
package tools

import _ "github.com/letsencrypt/pebble/v2/cmd/pebble"
