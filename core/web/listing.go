// SPDX-License-Identifier: AGPL-3.0-or-later

package web

// listingPage is a list of administration: a table that stacks on phones, perhaps with
// filters above and buttons in its rows.
type listingPage struct {
	frame
	Lead    string
	Buttons []linkView
	// Filter is the address the filters are sent to; empty where there are none.
	Filter  string
	Filters []fieldView
	// Exports are other forms the filtered list can be had in.
	Exports []linkView
	Head    []string
	Rows    [][]cellView
	// More are further tables below, each under its own heading.
	More  []tableView
	None  string
	Pager pager
}

func (*listingPage) template() string { return "listing" }

type linkView struct{ Text, Href, ID string }

type tableView struct {
	Title string
	Head  []string
	Rows  [][]cellView
}

// cellView is one cell: a text, perhaps with a link, a hint, a tag or buttons.
type cellView struct {
	// Label names the column on phones, where the head is hidden.
	Label, Text, Href, Hint string
	Code                    bool
	Tag                     tagView
	Posts                   []postView
}

// postView is a button that does something at once; About says to what, for who hears the page.
type postView struct{ Action, Text, About, Name, Value string }

// confirmPage asks once more before what shuts others out.
type confirmPage struct {
	frame
	Text, Action, Submit, Back string
}

func (*confirmPage) template() string { return "confirm" }
