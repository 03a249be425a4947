// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// screens is where the pictures go; git ignores it.
const screens = "../../.screens"

// chromium is one browser for the whole test; each person gets a window of her own, with
// her own cookies.
type chromium struct {
	t    *testing.T
	ctx  context.Context
	base string
	axe  string
	mu   sync.Mutex
	// complaints are what the browser itself said: violations of the content security
	// policy and errors in scripts.
	complaints []string
	looked     map[string]bool
}

func startChromium(t *testing.T, base string) *chromium {
	t.Helper()
	axe, err := os.ReadFile("../../core/web/ui/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("axe-core is missing, run make: %v", err)
	}
	if err := os.MkdirAll(screens, 0o755); err != nil {
		t.Fatal(err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "it"),
		chromedp.Flag("force-prefers-reduced-motion", true), chromedp.WindowSize(1280, 900), chromedp.WSURLReadTimeout(60*time.Second))
	alloc, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(stop)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	return &chromium{t: t, ctx: ctx, base: base, axe: string(axe), looked: map[string]bool{}}
}

// profile opens a window with cookies of its own.
func (c *chromium) profile() (id target.ID) {
	c.t.Helper()
	browser := chromedp.FromContext(c.ctx).Browser
	ctx := cdp.WithExecutor(c.ctx, browser)
	cookies, err := target.CreateBrowserContext().Do(ctx)
	if err == nil {
		id, err = target.CreateTarget("about:blank").WithBrowserContextID(cookies).WithNewWindow(true).Do(ctx)
	}
	if err != nil {
		c.t.Fatalf("open a window: %v", err)
	}
	return id
}

// window is one person at a browser.
type window struct {
	*chromium
	ctx context.Context
}

// window opens one and signs an account in.
func (c *chromium) window(a account) *window {
	c.t.Helper()
	w := c.blank()
	w.open("/accedi")
	w.look("accedi")
	w.fill("email", a.Email, "password", a.Password)
	w.press("#sign-in")
	w.shows("Da fare")
	return w
}

// blank opens one where nobody is signed in.
func (c *chromium) blank() *window {
	c.t.Helper()
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithTargetID(c.profile()))
	c.t.Cleanup(cancel)
	w := &window{c, ctx}
	if err := chromedp.Run(ctx); err != nil { // attaches for as long as the window lives
		c.t.Fatalf("open a window: %v", err)
	}
	chromedp.ListenTarget(ctx, func(ev any) {
		switch e := ev.(type) {
		case *log.EventEntryAdded:
			// A page that answers an error status is logged too; that is what it was asked to do.
			if e.Entry.Source != log.SourceNetwork {
				c.complain(e.Entry.URL + ": " + e.Entry.Text)
			}
		case *runtime.EventExceptionThrown:
			c.complain(e.ExceptionDetails.Error())
		}
	})
	w.run(log.Enable())
	return w
}

func (c *chromium) complain(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.complaints = append(c.complaints, text)
}

func (w *window) run(actions ...chromedp.Action) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 90*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		w.t.Fatalf("%s: %v\n%s", w.at(), err, w.text())
	}
}

// at is where the window is; text is what it shows.
func (w *window) at() (url string) {
	ctx, cancel := context.WithTimeout(w.ctx, 10*time.Second)
	defer cancel()
	_ = chromedp.Run(ctx, chromedp.Location(&url))
	return strings.TrimPrefix(url, w.base)
}

func (w *window) text() (text string) {
	ctx, cancel := context.WithTimeout(w.ctx, 10*time.Second)
	defer cancel()
	_ = chromedp.Run(ctx, chromedp.Evaluate(`document.querySelector('main')?.innerText ?? document.body.innerText`, &text))
	return text
}

func (w *window) open(path string) { w.t.Helper(); w.run(chromedp.Navigate(w.base + path)) }

// press works what leads to another page, as who has no mouse does, and waits for that page.
// Focus finds it wherever the page has moved it meanwhile; a click can miss.
func (w *window) press(selector string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 90*time.Second)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.SendKeys(selector, kb.Enter, chromedp.ByQuery)); err != nil {
		w.t.Fatalf("press %s at %s: %v\n%s", selector, w.at(), err, w.text())
	}
}

// do goes to the page of an event and does it.
func (w *window) do(project, event string) {
	w.t.Helper()
	w.open(project)
	w.press(fmt.Sprintf(`[data-event=%q]`, event))
	w.look("evento-" + event)
	w.press(fmt.Sprintf(`main button[name=event][value=%q]`, event))
}

// fill types values into the fields of the page, by name; a choice is ticked.
func (w *window) fill(pairs ...string) {
	w.t.Helper()
	list, _ := json.Marshal(pairs)
	var missing string
	w.run(chromedp.Evaluate(fmt.Sprintf(`(() => {
		const pairs = %s;
		for (let i = 0; i < pairs.length; i += 2) {
			const all = [...document.getElementsByName(pairs[i])].filter(e => e.type !== 'hidden');
			const tick = all.find(e => (e.type === 'radio' || e.type === 'checkbox') && e.value === pairs[i + 1]);
			if (tick) { if (!tick.checked) tick.click(); continue; }
			const e = all.find(e => e.type !== 'radio' && e.type !== 'checkbox');
			if (!e) return pairs[i];
			e.focus(); e.value = pairs[i + 1];
			if (e.value !== pairs[i + 1]) return pairs[i] + ' does not take its value';
			e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true}));
		}
		return '';
	})()`, list), &missing))
	if missing != "" {
		w.t.Fatalf("%s: no field %s\n%s", w.at(), missing, w.text())
	}
}

// shows fails unless the page says all of it.
func (w *window) shows(says ...string) {
	w.t.Helper()
	text := w.text()
	for _, s := range says {
		if !strings.Contains(text, s) {
			w.t.Fatalf("%s does not say %q:\n%s", w.at(), s, text)
		}
	}
}

// value reads a field.
func (w *window) value(name string) (v string) {
	w.t.Helper()
	w.run(chromedp.Evaluate(fmt.Sprintf(`[...document.getElementsByName(%q)].map(e => e.value).join('|')`, name), &v))
	return v
}

// look examines a screen: axe finds nothing, nothing scrolls sideways at 1280, 390 and 320,
// and two pictures are kept. A screen is looked at once.
func (w *window) look(name string) {
	w.t.Helper()
	if w.looked[name] {
		return
	}
	w.looked[name] = true
	for _, width := range []int64{1280, 390, 320} {
		var wide bool
		w.run(emulation.SetDeviceMetricsOverride(width, 900, 1, false), chromedp.Evaluate(`document.documentElement.scrollWidth > document.documentElement.clientWidth`, &wide))
		if wide {
			w.t.Errorf("%s scrolls sideways at %d", name, width)
		}
		if width > 320 {
			w.axeAt(name, width)
			var png []byte
			w.run(chromedp.FullScreenshot(&png, 100))
			if err := os.WriteFile(filepath.Join(screens, fmt.Sprintf("%s-%d.png", name, width)), png, 0o644); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	w.run(emulation.ClearDeviceMetricsOverride())
}

func (w *window) axeAt(name string, width int64) {
	w.t.Helper()
	var found string
	w.run(chromedp.Evaluate(w.axe+`; 0`, nil), chromedp.Evaluate(`axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
		.then(r => r.violations.map(v => v.id + ': ' + v.help + ' ' + v.nodes.map(n => n.html).slice(0, 3).join(' ')).join('\n'))`,
		&found, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	if found != "" {
		w.t.Errorf("axe on %s at %d:\n%s", name, width, found)
	}
}
