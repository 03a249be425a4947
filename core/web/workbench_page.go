// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/satis-toscana/satis/core/casework"
	"github.com/satis-toscana/satis/core/fault"
	"github.com/satis-toscana/satis/core/httpkit"
	"github.com/satis-toscana/satis/core/pluginhost"
	"github.com/satis-toscana/satis/sdk"
	"github.com/satis-toscana/satis/sdk/form"
	"github.com/satis-toscana/satis/sdk/sdktest"
)

// The actions of a form on the workbench.
const (
	benchAction = "_azione"
	benchAsk    = "chiedi" // ask the plugin
	benchKeep   = "tieni"  // only show the page again with what was typed
	benchAsOf   = "_as_of" // no field of a plugin begins with an underscore
	benchFile   = "_file"
	benchCase   = "caso"
)

// benchFrame is what every page of the workbench has beside its frame.
type benchFrame struct {
	frame
	Number int64
	Folder string
	Status benchStatus
}

// benchStatus is how the plugin's process is.
type benchStatus struct {
	Plugin, Agency string
	State          tagView
	LastError      string
	Jailed         bool
	JailProblem    string
	Built, Took    string
	Call           string
	Stderr         string
	CasesProblem   string
	Cases          int
}

var benchStates = map[pluginhost.State][2]string{
	pluginhost.Ready: {"workbench.state_ready", "good"}, pluginhost.Starting: {"workbench.state_starting", "info"}, pluginhost.Stopped: {"workbench.state_stopped", "neutral"},
	pluginhost.CircuitOpen: {"workbench.state_open", "bad"}, pluginhost.Quarantined: {"workbench.state_quarantined", "bad"},
}

// frame begins a page of the workbench.
func (b *workbench) frame(v benchVisit, title string) benchFrame {
	f := b.newFrame(v.r)
	f.Bench, f.Here = true, v.r.URL.Path
	out := benchFrame{frame: f.titled(title, ""), Number: v.state.Number, Folder: v.state.Folder}
	if v.r.URL.Path != "/" {
		out.Crumbs = []crumb{{cmp.Or(v.state.Manifest.ID, v.state.Folder), "/"}, {title, ""}}
	}
	return out
}

// status says how the process is, after all that the request asked of it.
func (b *workbench) status(f *benchFrame, s BenchState) {
	st := benchStatus{Plugin: s.Manifest.ID + " " + s.Manifest.Version, Agency: s.Manifest.Agency, Cases: len(s.Cases), CasesProblem: s.CasesProblem,
		Built: formatTime(f.Lang, s.BuiltAt), Took: shortWhile(f.Lang, s.Took)}
	st.Stderr = s.plugin().StderrTail()
	if err := s.Host.JailProblem(); err != nil {
		st.JailProblem = err.Error()
	}
	for _, info := range s.Host.Plugins() {
		words := benchStates[info.State]
		st.State, st.Jailed, st.LastError = tagView{f.t(words[0]), words[1]}, info.Jailed, info.LastError
	}
	b.mu.Lock()
	last := b.last
	b.mu.Unlock()
	if last.Number == s.Number && !last.At.IsZero() {
		st.Call = f.t("workbench.call", "Took", shortWhile(f.Lang, last.Took), "At", last.At.In(casework.Rome).Format("15:04:05"))
	}
	f.Status = st
}

// shortWhile writes how long something took: "3,2 ms", "4,4 s".
func shortWhile(lang string, d time.Duration) string {
	n, unit := float64(d.Microseconds())/1000, "ms"
	if d >= time.Second {
		n, unit = d.Seconds(), "s"
	}
	s := strconv.FormatFloat(n, 'f', 1, 64)
	if lang == "it" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s + "\u00a0" + unit
}

// benchForm reads what was posted. A file that was chosen takes the place of what was typed
// as a feed, and its ending that of the format.
func benchForm(r *http.Request) (typed, error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err := httpkit.ParseForm(r)
		return typed(r.PostForm), err
	}
	if err := r.ParseMultipartForm(benchBody); err != nil {
		if _, big := errors.AsType[*http.MaxBytesError](err); big {
			return nil, fault.New(fault.Invalid, "body_too_large")
		}
		return nil, fault.New(fault.Invalid, "bad_form")
	}
	t := typed(maps.Clone(r.MultipartForm.Value))
	file, head, err := r.FormFile(benchFile)
	if err != nil {
		return t, nil // none was chosen
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		return nil, fault.New(fault.Invalid, "bad_form")
	}
	t["feed"] = []string{string(content)}
	if i := strings.LastIndexByte(head.Filename, '.'); i >= 0 {
		t["format"] = []string{strings.ToLower(head.Filename[i+1:])}
	}
	return t, nil
}

// asOfForm asks for the day the rules are those of.
func asOfForm(texts *Texts) form.Form {
	return form.Form{Fields: []form.Field{{Name: benchAsOf, Kind: form.KindDate, Class: form.ClassPublic, Required: true,
		Label: form.Text{IT: texts.T("it", "workbench.as_of"), EN: texts.T("en", "workbench.as_of")}}}}
}

// with puts the workbench's own questions before those of the plugin.
func (b *workbench) with(f form.Form) form.Form {
	return form.Form{Fields: append(asOfForm(b.texts).Fields, f.Fields...)}
}

// today is the day as forms type it.
func (b *workbench) today() string { return b.now().In(casework.Rome).Format("02/01/2006") }

// benchProblemPage says why there is no plugin to ask, and keeps what was typed.
type benchProblemPage struct {
	benchFrame
	Building bool
	Problem  *BenchProblem
	Action   string
	Posted   bool
	Hidden   []hiddenInput
}

func (*benchProblemPage) template() string { return "workbench-problem" }

func (b *workbench) showProblem(v benchVisit) error {
	key := "workbench.broken"
	if v.state.Building {
		key = "workbench.building"
	} else if v.state.Problem != nil && v.state.Problem.Manifest {
		key = "workbench.manifest_wrong"
	}
	p := &benchProblemPage{benchFrame: b.frame(v, b.say(v.r, key)), Building: v.state.Building, Problem: v.state.Problem, Action: v.r.URL.Path, Posted: v.typed != nil}
	for _, name := range slices.Sorted(maps.Keys(v.typed)) {
		for _, value := range v.typed[name] {
			p.Hidden = append(p.Hidden, hiddenInput{name, value})
		}
	}
	return b.render(v.w, http.StatusOK, p)
}

// benchDown says why the plugin gave no answer. Its author may know all that is known.
type benchDown struct{ Text, Detail, Stderr string }

// down explains a call that failed.
func (b *workbench) down(f *benchFrame, s BenchState, err error) *benchDown {
	time.Sleep(50 * time.Millisecond) // what the plugin wrote to its standard error comes a moment later
	d := &benchDown{Text: b.errorText(f.Lang, err)}
	if cause := errors.Unwrap(err); cause != nil {
		d.Detail = cause.Error()
	}
	d.Stderr = s.plugin().StderrTail()
	return d
}

// inJSON writes a value for the author to read or to copy.
func inJSON(v any) string {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// goldenCase is a case as testdata/golden holds it.
type goldenCase struct {
	About        string    `json:"about"`
	Subsidy      string    `json:"subsidy,omitempty"`
	Intervention string    `json:"intervention,omitempty"`
	AsOf         string    `json:"as_of"`
	Facts        sdk.Facts `json:"facts"`
	Answer       any       `json:"answer,omitempty"`
}

// caseOptions are the golden cases that belong to a page.
func caseOptions(v benchVisit, belongs func(sdktest.Case) bool) (list []optionView, chosen *sdktest.Case) {
	for i, c := range v.state.Cases {
		if !belongs(c) {
			continue
		}
		o := optionView{Value: c.Name, Label: c.Name}
		if v.typed == nil && v.r.URL.Query().Get(benchCase) == c.Name {
			o.Chosen, chosen = true, &v.state.Cases[i]
		}
		list = append(list, o)
	}
	return list, chosen
}

// remarkViews leads each remark to the question it is about.
func remarkViews(lang string, list []sdk.Diagnostic, views []fieldView) []complaintView {
	labels := map[string]fieldView{}
	index(views, labels, map[string]int{})
	var out []complaintView
	for _, d := range list {
		c := complaintView{Text: d.Text.In(lang)}
		if view, ok := labels[d.Path]; ok {
			c = complaintView{Text: view.Label + ": " + c.Text, Href: "#" + view.ID}
		}
		out = append(out, c)
	}
	return out
}
