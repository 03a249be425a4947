// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// devProcess is a running `satis plugin dev`.
type devProcess struct {
	t     *testing.T
	cmd   *exec.Cmd
	out   *outPipe
	ended chan struct{}
	base  string
	tmp   string
}

// outPipe keeps what a process prints, for whoever looks meanwhile.
type outPipe struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *outPipe) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *outPipe) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// newPlugin makes a plugin outside the source tree.
func newPlugin(t *testing.T, kind string) (dir string) {
	t.Helper()
	work := t.TempDir()
	cmd := exec.Command(program, "plugin", "new", "bonus-trasporti", "--kind", kind, "--sdk", sourceRoot(t))
	cmd.Dir = work
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return filepath.Join(work, "bonus-trasporti")
}

// startDev starts the workbench on a free port and waits until it is built.
func startDev(t *testing.T, dir string) *devProcess {
	t.Helper()
	return startDevBy(t, dir, program, "plugin", "dev", ".", "--listen", "127.0.0.1:0")
}

// startDevBy is startDev by an order given in the folder.
func startDevBy(t *testing.T, dir string, order ...string) *devProcess {
	t.Helper()
	tmp, err := os.MkdirTemp("", "dev-")
	if err != nil {
		t.Fatal(err)
	}
	d := &devProcess{t: t, out: &outPipe{}, ended: make(chan struct{}), tmp: tmp}
	d.cmd = exec.Command(order[0], order[1:]...)
	d.cmd.Dir = dir
	d.cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	d.cmd.Stdout, d.cmd.Stderr = d.out, d.out
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { d.cmd.Wait(); close(d.ended) }()
	t.Cleanup(func() {
		d.cmd.Process.Kill()
		<-d.ended
		os.RemoveAll(tmp)
	})
	until(t, 10*time.Second, "the address", func() bool {
		for line := range strings.Lines(d.out.String()) {
			if strings.HasPrefix(line, "http://127.0.0.1:") && strings.HasSuffix(line, "/\n") {
				d.base = strings.TrimSuffix(line, "/\n")
			}
		}
		return d.base != ""
	})
	until(t, 2*time.Minute, "the plugin to be built", func() bool { return !strings.Contains(d.get("/"), "Sto compilando") })
	return d
}

// terminate ends the workbench as Ctrl-C does, and tells its exit code.
func (d *devProcess) terminate() int {
	d.t.Helper()
	if err := d.cmd.Process.Signal(os.Interrupt); err != nil {
		d.t.Fatal(err)
	}
	select {
	case <-d.ended:
	case <-time.After(10 * time.Second):
		d.t.Fatalf("the workbench does not end:\n%s", d.out)
	}
	return d.cmd.ProcessState.ExitCode()
}

func (d *devProcess) get(path string) string {
	d.t.Helper()
	r, err := http.Get(d.base + path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}

// post sends a form that asks the plugin, and gives the page and its status.
func (d *devProcess) post(path string, pairs ...string) (string, int) {
	d.t.Helper()
	values := url.Values{"_azione": {"chiedi"}, "_as_of": {"01/11/2026"}}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	r, err := http.PostForm(d.base+path, values)
	if err != nil {
		d.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text), r.StatusCode
}

// children are the processes that the workbench has started.
func (d *devProcess) children() (list []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		rest := string(text[bytes.LastIndexByte(text, ')')+1:])
		var state string
		var parent int
		if _, err := fmt.Sscan(rest, &state, &parent); err == nil && parent == d.cmd.Process.Pid {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			list = append(list, pid)
		}
	}
	return list
}

// rewrite replaces a text in a file, as an editor does: beside it, then over it.
func rewrite(t *testing.T, path, old, new string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("%s does not hold %q", path, old)
	}
	if err := os.WriteFile(path+"~", []byte(strings.Replace(string(text), old, new, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+"~", path); err != nil {
		t.Fatal(err)
	}
}

const devForm = "/contributi/bonus_trasporti"

func wants(t *testing.T, page string, list ...string) {
	t.Helper()
	for _, want := range list {
		if !strings.Contains(page, want) {
			t.Fatalf("missing %q in\n%s", want, page)
		}
	}
}

// An author changes the plugin while its page is open: each save is on the page.
func TestPluginDev(t *testing.T) {
	dir := newPlugin(t, "rule")
	d := startDev(t, dir)
	wants(t, d.get("/"), "Il mio contributo", "non scrivere dati veri", "Fermo: parte alla prima domanda")
	wants(t, d.get(devForm), `name="monthly_cost"`, `<option value="small">`)
	wants(t, d.get(devForm+"?caso=small"), `name="monthly_cost"`, `value="120,00"`, `value="01/11/2026"`)

	page, status := d.post(devForm, "monthly_cost", "tanto")
	wants(t, page, `id="f-monthly_cost-error"`, `value="tanto"`)
	if status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong amount: status %d", status)
	}
	page, _ = d.post(devForm, "monthly_cost", "500", "months", "2")
	wants(t, page, "100,00\u00a0€ al mese", "Metà del costo", "In funzione", "&#34;monthly_cents&#34;: 10000", `value="500"`)
	if len(d.children()) == 0 {
		t.Error("no process of the plugin")
	}

	main := filepath.Join(dir, "main.go")
	rewrite(t, main, "100_00", "70_00")
	until(t, time.Minute, "the new amount", func() bool {
		page, _ = d.post(devForm, "monthly_cost", "500", "months", "2")
		return strings.Contains(page, "70,00\u00a0€ al mese")
	})

	rewrite(t, main, "70_00", "seventy")
	until(t, time.Minute, "the mistake", func() bool {
		page, _ = d.post(devForm, "monthly_cost", "499", "months", "2")
		return strings.Contains(page, "non si compila")
	})
	wants(t, page, "main.go:", "undefined: seventy", "amount := min(cost/2, seventy)", `name="monthly_cost" value="499"`)

	rewrite(t, main, "seventy", "80_00")
	rewrite(t, filepath.Join(dir, "plugin.yaml"), "kind: money", "kind: gold")
	until(t, time.Minute, "the mistake in plugin.yaml", func() bool {
		page = d.get(devForm)
		return strings.Contains(page, "plugin.yaml non va bene") && strings.Contains(page, "gold")
	})
	rewrite(t, filepath.Join(dir, "plugin.yaml"), "kind: gold", "kind: money")
	until(t, time.Minute, "the repair", func() bool {
		page, _ = d.post(devForm, "monthly_cost", "500")
		return strings.Contains(page, "80,00\u00a0€ al mese")
	})

	list := d.children()
	if code := d.terminate(); code != exitDone {
		t.Errorf("exit %d\n%s", code, d.out)
	}
	for _, pid := range list {
		if err := syscall.Kill(pid, 0); err == nil {
			t.Errorf("process %d is left", pid)
		}
	}
	if left, _ := os.ReadDir(d.tmp); len(left) > 0 {
		t.Errorf("files are left: %v", left)
	}
}

// The bundled plugins on the workbench: each kind as the product shows it.
func TestPluginDevKinds(t *testing.T) {
	root := sourceRoot(t)
	t.Run("intervention", func(t *testing.T) {
		d := startDev(t, newPlugin(t, "intervention"))
		page, _ := d.post("/interventi/bonus_trasporti", "starts", "07/01/2020", "months", "3", "monthly_cost", "45")
		wants(t, page, "Osservazioni del plugin", "nel passato", `href="#f-starts"`, "45,00\u00a0€ × 3", "135,00\u00a0€", "7 gennaio 2020", "Accordarsi con il fornitore")
		page, _ = d.post("/prova")
		wants(t, page, "Il plugin è conforme: un caso.")
	})
	t.Run("courses", func(t *testing.T) {
		d := startDev(t, newPlugin(t, "courses"))
		const path = "/cataloghi/bonus_trasporti"
		wants(t, d.get(path+"?caso=autumn"), "it-a1,Italiano A1", "broken,line")
		feed := "it-a1,Italiano A1,CPIA Lucca,046033,Viareggio,2027-01-11,2027-04-30,80,18\nhaccp,HACCP,Scuola Edile,047014,Pistoia,2027-02-01,2027-02-05,12,20\nbroken,line\n"
		page, _ := d.post(path, "format", "csv", "feed", feed, "text", "haccp")
		wants(t, page, "Lette 2 edizioni.", "Riga 3", "Riga non leggibile.", "edizione", "Pistoia", `<option value="046033">Viareggio</option>`)
		if strings.Contains(page, "CPIA Lucca · Viareggio") {
			t.Error("the search does not narrow")
		}
		page, _ = d.post(path, "format", "csv", "feed", feed, "istat_code", "046033", "from", "01/01/2027", "to", "31/01/2027")
		wants(t, page, "CPIA Lucca · Viareggio", `<option value="046033" selected>`)
		page, status := d.post(path, "feed", feed, "from", "domani")
		if wants(t, page, `id="f-from-error"`); status != http.StatusUnprocessableEntity {
			t.Errorf("a wrong day: status %d", status)
		}
		wants(t, d.upload(path, "x.csv", feed), "Lette 2 edizioni.", "broken,line")
	})
	t.Run("own editions", func(t *testing.T) {
		d := startDev(t, filepath.Join(root, "plugins", "hello"))
		wants(t, d.get("/"), "Contributi", "Interventi", "Cataloghi di corsi")
		page, _ := d.post("/cataloghi/hello")
		wants(t, page, "Edizioni")
	})
}

// upload sends a file as a feed.
func (d *devProcess) upload(path, name, content string) string {
	d.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for k, v := range map[string]string{"_azione": "chiedi", "_as_of": "01/11/2026", "feed": "old"} {
		if err := form.WriteField(k, v); err != nil {
			d.t.Fatal(err)
		}
	}
	file, err := form.CreateFormFile("_file", name)
	if err == nil {
		_, err = io.WriteString(file, content)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		d.t.Fatal(err)
	}
	r, err := http.Post(d.base+path, form.FormDataContentType(), &body)
	if err != nil {
		d.t.Fatal(err)
	}
	defer r.Body.Close()
	text, _ := io.ReadAll(r.Body)
	return string(text)
}

// A plugin that fails tells its author why, and what it wrote; the kit speaks plainly.
func TestPluginDevFailures(t *testing.T) {
	dir := newPlugin(t, "rule")
	main := filepath.Join(dir, "main.go")
	rewrite(t, main, `a := sdk.SubsidyAnswer{Explanation:`, `println("the cost is", cost); if cost == 700 { panic("no sevens") }
	if cost == 800 { months = -1 }
	a := sdk.SubsidyAnswer{Explanation:`)
	d := startDev(t, dir)
	page, status := d.post(devForm, "monthly_cost", "7")
	if wants(t, page, "Il plugin non ha dato una risposta", "the cost is 700"); status != http.StatusServiceUnavailable {
		t.Errorf("a panic: status %d", status)
	}
	page, _ = d.post(devForm, "monthly_cost", "8")
	wants(t, page, "answer: total amount out of range")
	rewrite(t, main, "cost == 800", "cost != 800")
	until(t, time.Minute, "the kit to complain", func() bool {
		page, _ = d.post("/prova")
		return strings.Contains(page, "non è ancora conforme")
	})
	wants(t, page, "Una risposta deve avere senso", "small")
}

// The workbench has no sign-in: nobody but this machine and its own pages may ask.
func TestPluginDevIsForThisMachineOnly(t *testing.T) {
	dir := newPlugin(t, "rule")
	for _, at := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:80", "example.org:80", "nonsense"} {
		if out, code := order(t, dir, "plugin", "dev", ".", "--listen", at); code != exitUsage {
			t.Errorf("listens on %s: exit %d\n%s", at, code, out)
		}
	}
	if _, code := order(t, t.TempDir(), "plugin", "dev", "."); code != exitUsage {
		t.Errorf("a folder without a plugin: exit %d", code)
	}
	d := startDev(t, dir)
	for name, change := range map[string]func(*http.Request){
		"another site":  func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"another page":  func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:1") },
		"another name":  func(r *http.Request) { r.Host = "rebound.example.org" },
		"no name":       func(r *http.Request) { r.Host = "0.0.0.0" },
		"a name inside": func(r *http.Request) { r.Host = "localhost.example.org:80" },
	} {
		r, err := http.NewRequest(http.MethodPost, d.base+devForm, strings.NewReader("_azione=chiedi&monthly_cost=1"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		change(r)
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode != http.StatusForbidden {
			t.Errorf("%s: status %d", name, a.StatusCode)
		}
	}
	r, err := http.Get(d.base + "/")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	for _, path := range []string{"/contributi/other", "/interventi/x", "/cataloghi/x", "/progetti", "/eventi"} {
		if r, err := http.Get(d.base + path); err != nil || r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %v %v", path, r.StatusCode, err)
		} else {
			r.Body.Close()
		}
	}
}
