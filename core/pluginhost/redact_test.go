// SPDX-License-Identifier: AGPL-3.0-or-later

package pluginhost

import "testing"

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"panic at rule.go:31\n":                        "panic at rule.go:31\n",
		"cf RSSMRA80A01H501U, mail a.b@c.it":           "cf […], mail […]",
		"tel +39 333 123 4567 nato 1980-01-31":         "tel […] nato […]",
		"IT60 X054 2811 1010 0000 0123 456":            "[…]",
		"amount 12345 month 12":                        "amount 12345 month 12",
		"a\x1b[31mRED\x00\u202eb\xff":                  "a REDb",
		"0x1234abcd goroutine 12 [running]:\n\tmain.f": "0x1234abcd goroutine 12 [running]:\n\tmain.f",
	} {
		if got := redact(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
