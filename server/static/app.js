// Keys, and the few things a page cannot do with markup alone. Everything here
// is a convenience: each key presses something that can also be clicked.
(function () {
  "use strict";

  var touched = false; // the right column was used since it was drawn
  var scrolls = {};
  var taken = ""; // the key that was last taken as a command

  var byId = function (id) { return document.getElementById(id); };
  var all = function (selector, root) { return Array.prototype.slice.call((root || document).querySelectorAll(selector)); };
  var visible = function (el) { return el.checkVisibility ? el.checkVisibility() : el.offsetParent !== null; };

  // typing tells whether a key belongs to a field or to an input method.
  function typing(e) {
    if (e.isComposing || e.keyCode === 229) return true;
    var t = e.target;
    if (!(t instanceof Element)) return false;
    if (t.closest("textarea, select, [contenteditable]")) return true;
    var input = t.closest("input");
    return !!input && !/^(radio|checkbox|submit|button)$/.test(input.type);
  }

  function open(id) {
    var panel = byId(id);
    if (!panel) return;
    if (panel.tagName === "DIALOG") { if (!panel.open) panel.showModal(); return; }
    all(".panel").forEach(function (p) { p.hidden = p !== panel; });
    focusIn(panel);
    touched = true;
  }

  function close(id) {
    var panel = byId(id);
    if (panel) panel.hidden = true;
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  }

  function focusIn(root) {
    var marked = all("[data-focus]", root).filter(visible);
    var target = marked[marked.length - 1];
    if (target) { target.focus(); if (target.select && target.type === "search") target.select(); }
  }

  function escape() {
    var me = document.querySelector("details.me[open], details.rowacts[open]");
    if (me) { me.open = false; me.firstElementChild.focus(); return; }
    var panel = all(".panel").filter(function (p) { return !p.hidden; })[0];
    if (panel) { close(panel.id); return; }
    var bar = document.querySelector("#bar.bar");
    if (bar) { bar.hidden = true; return; }
    var aloud = document.querySelector(".aloud");
    if (aloud) { aloud.classList.remove("aloud"); return; }
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  }

  function move(step) {
    var rows = all("#queue .row");
    var at = rows.findIndex(function (r) { return r.hasAttribute("aria-current"); });
    var next = rows[at + step];
    if (next) next.click();
  }

  function press(key) {
    var found = all('[data-key="' + CSS.escape(key) + '"]');
    if (key >= "1" && key <= "5") {
      found.forEach(function (r) { var d = r.closest("details:not([open])"); if (d && !r.closest("[hidden]")) d.open = true; });
    }
    var el = found.filter(visible)[0];
    if (!el || el.disabled) return false;
    if (moved() && el.closest(".side")) return true;
    if (el.matches('input[type="search"]')) { el.focus(); el.select(); } else { el.click(); }
    if (el.closest(".side")) touched = true;
    return true;
  }

  // chooseIn takes one of a row's choices by its number and goes on to the next
  // row.
  function chooseIn(row, number) {
    var radio = row.querySelector('input[value="' + number + '"]');
    if (!radio) return;
    radio.checked = true;
    var rows = all("[data-row]");
    var next = rows[rows.indexOf(row) + 1] || row;
    (next.querySelector("input:checked") || next.querySelector("input")).focus();
  }

  // Enter and the arrows in a field that searches: choose from what was found.
  function searchKey(e, input) {
    var list = byId(input.getAttribute("data-search"));
    if (!list) return;
    var hits = all("[data-hit], input[type=radio]", list);
    if (e.key === "ArrowDown" && hits.length) { e.preventDefault(); hits[0].focus(); }
    if (e.key !== "Enter") return;
    var current = list.getAttribute("data-words") === input.value.trim();
    if (input.id === "modify-words") {
      if (current && hits.length) { e.preventDefault(); taken = "enter"; hits[0].click(); }
      else { input.setAttribute("data-wait", ""); } // the form asks now; the first hit is taken when it comes
    } else if (!current) { e.preventDefault(); }
  }

  // A character that still arrives for a key taken as a command (remote desktops
  // send it apart) must not land in the field that the command has opened.
  document.addEventListener("keypress", function (e) {
    if (taken && e.key.toLowerCase() === taken) e.preventDefault();
    taken = "";
  }, true);

  document.addEventListener("keydown", function (e) {
    taken = "";
    var t = e.target instanceof Element ? e.target : document.body;
    if (e.key === "Escape" && !e.isComposing && !document.querySelector("dialog[open]")) { escape(); return; }
    var search = t.closest("[data-search]");
    if (search && !e.isComposing && e.keyCode !== 229) { searchKey(e, search); return; }
    var hit = t.closest("[data-hit]");
    if (hit && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
      e.preventDefault();
      var other = e.key === "ArrowDown" ? hit.nextElementSibling : hit.previousElementSibling;
      (other || byId("modify-words")).focus();
      return;
    }
    if (typing(e) || e.ctrlKey || e.altKey || e.metaKey || document.querySelector("dialog[open]")) return;
    if (e.key === "Enter") {
      if (t.closest("a, button, summary, .panel")) return;
      if (press("Enter")) { e.preventDefault(); taken = "enter"; }
      return;
    }
    if (e.key === "?") { open("keys"); return; }
    if (t.closest(".panel")) return;
    var row = t.closest("[data-row]");
    if (row && /^[0-9]$/.test(e.key)) { e.preventDefault(); chooseIn(row, e.key); return; }
    var key = e.key.length === 1 ? e.key.toLowerCase() : "";
    if (key === "j" || key === "k") { e.preventDefault(); move(key === "j" ? 1 : -1); return; }
    if (key && press(key)) { e.preventDefault(); taken = key; }
  });

  document.addEventListener("click", function (e) {
    var t = e.target instanceof Element ? e.target : null;
    if (!t) return;
    var opener = t.closest("[data-opens]");
    if (opener && byId(opener.getAttribute("data-opens"))) { e.preventDefault(); open(opener.getAttribute("data-opens")); }
    var closer = t.closest("[data-close]");
    if (closer) close(closer.getAttribute("data-close"));
    var answered = t.closest("[data-answer]");
    // A page that came answered has not all that another answer takes: its links lead on.
    if (answered && byId("pick") && byId("question").getAttribute("data-answered") === "0" && !e.ctrlKey && !e.metaKey) { e.preventDefault(); answer(answered); }
    var aloud = t.closest("[data-aloud]");
    if (aloud) byId(aloud.getAttribute("data-aloud")).classList.toggle("aloud");
    var me = document.querySelector("details.me[open]");
    if (me && !t.closest("details.me")) me.open = false;
  });

  document.addEventListener("change", function (e) {
    if (e.target instanceof HTMLInputElement && e.target.name === "pick") showPick(e.target);
  });

  function showPick(radio) {
    all("[data-pick]").forEach(function (el) { el.textContent = radio.getAttribute("data-key"); });
  }

  // Right after the candidates have moved by themselves, a key or a click was
  // meant for what stood there before.
  var movedAt = -1000;
  function moved() { return performance.now() - movedAt < 700; }
  document.addEventListener("click", function (e) {
    if (e.isTrusted && moved() && e.target instanceof Element && e.target.closest("#pick, .acts")) { e.preventDefault(); e.stopPropagation(); }
  }, true);

  // arrive takes up a language model's order, unless the agent has acted since
  // the page was drawn: then it waits behind a button.
  function arrive(card) {
    var fit = byId("fit"), apply = card.querySelector("[data-arrange]");
    var question = byId("question");
    var answered = question && byId("pick") && byId("pick").elements.answer.value !== "0";
    if (touched && fit) fit.classList.add("late");
    if (!apply || !byId("pick")) return;
    if (touched || answered) { apply.hidden = false; return; }
    var before = document.querySelector("#pick .cand").getAttribute("data-place");
    arrange(card);
    if (document.querySelector("#pick .cand").getAttribute("data-place") !== before) movedAt = performance.now();
    card.querySelector("[data-arranged]").hidden = false;
  }
  document.addEventListener("click", function (e) {
    var apply = e.target instanceof Element && e.target.closest("[data-arrange]");
    if (!apply) return;
    arrange(byId("assist"));
    apply.hidden = true;
    byId("assist").querySelector("[data-arranged]").hidden = false;
  });

  // answer rearranges the candidates by an answer to the question.
  function answer(link) {
    arrange(link);
    byId("pick").elements.answer.value = link.getAttribute("data-answer");
    all("[data-answer]").forEach(function (el) { if (el === link && el.id !== "unanswer") el.setAttribute("aria-current", "true"); else el.removeAttribute("aria-current"); });
    byId("unanswer").hidden = link.id === "unanswer";
    touched = true;
  }

  // arrange puts the candidates in the order that an element says. All that it
  // takes stands in the page: the server is asked nothing.
  function arrange(link) {
    var form = byId("pick"), rest = byId("rest"), front = form.querySelector(".cands"), back = rest.querySelector(".cands");
    var cands = {};
    all(".cand", form).forEach(function (cand) { cands[cand.getAttribute("data-place")] = cand; });
    var places = Object.keys(cands).sort();
    var order = (link.getAttribute("data-order") || places.join(" ")).split(" ");
    var stay = Number(link.getAttribute("data-stay")) || order.length;
    var shares = (link.getAttribute("data-shares") || "").split(" ");
    order.forEach(function (place, i) {
      var cand = cands[place], radio = cand.querySelector("input"), led = link.getAttribute("data-led") === place;
      radio.setAttribute("data-key", i + 1);
      cand.querySelector("kbd").textContent = i + 1;
      write(cand.querySelector(".p"), shares[place - 1]);
      write(cand.querySelector(".lead"), led && link.getAttribute("data-lead"));
      write(cand.querySelector(".when"), led && link.getAttribute("data-when"));
      (i < stay ? front : back).appendChild(cand);
    });
    rest.hidden = stay === order.length;
    rest.open = false;
    rest.querySelector("[data-count]").textContent = order.length - stay;
    all("[data-of-first]").forEach(function (el) { el.hidden = order[0] !== "1"; });
    var first = cands[order[0]].querySelector("input");
    first.checked = true;
    showPick(first);
  }

  // write puts words in the place of what the server wrote, or that back.
  function write(el, words) {
    if (!el) return;
    if (!el.whole) el.whole = Array.prototype.slice.call(el.childNodes);
    el.replaceChildren.apply(el, words ? [words] : el.whole);
  }

  ["pointerdown", "keydown", "input"].forEach(function (name) {
    document.addEventListener(name, function (e) {
      if (e.target instanceof Element && e.target.closest(".side")) touched = true;
    }, true);
  });

  // Hover or focus on a fact shows the words that it was taken from.
  ["mouseover", "focusin"].forEach(function (name) {
    document.addEventListener(name, function (e) {
      var fact = e.target instanceof Element && e.target.closest("[data-fact]");
      all(".said.lit").forEach(function (el) { el.classList.remove("lit"); });
      if (fact) all('[data-said~="' + fact.getAttribute("data-fact") + '"]').forEach(function (el) { el.classList.add("lit"); });
    });
  });

  // What is shown to be copied whole is selected as soon as one is in it.
  document.addEventListener("focusin", function (e) {
    if (e.target instanceof HTMLInputElement && e.target.hasAttribute("data-whole")) e.target.select();
  });

  function keepScroll() {
    all("[data-scroll]").forEach(function (el) { scrolls[el.getAttribute("data-scroll")] = el.scrollTop; });
  }

  // settle is called for a new page and for a new desk.
  function settle(root) {
    var rows = root.querySelector('[data-scroll="queue"]');
    if (rows && scrolls.queue) rows.scrollTop = scrolls.queue;
    all("[data-whole]", root).forEach(function (el) { el.focus(); el.select(); });
    all(".row[aria-current], .tree a[aria-current]", root).forEach(function (el) { el.scrollIntoView({ block: "nearest" }); });
    all("[data-seconds]", root).forEach(function (el) {
      setTimeout(function () { el.remove(); }, 1000 * Number(el.getAttribute("data-seconds")));
    });
    all(".panel", root).forEach(function (p) { if (!p.hidden) focusIn(p); });
  }

  function say(sentence) {
    var bar = byId("bar");
    bar.className = "bar";
    bar.hidden = false;
    bar.setAttribute("role", "alert");
    bar.textContent = sentence;
  }

  // Files that are too large together are refused before they are sent.
  document.addEventListener("change", function (e) {
    var form = e.target instanceof Element && e.target.matches("input[data-most]") && e.target.form;
    if (!form) return;
    var size = 0;
    var inputs = all("input[data-most]", form);
    inputs.forEach(function (i) { for (var n = 0; n < i.files.length; n++) size += i.files[n].size; });
    inputs.forEach(function (i) { i.setCustomValidity(size > Number(i.getAttribute("data-most")) && i.files.length ? i.getAttribute("data-large") : ""); });
  });

  document.addEventListener("htmx:beforeSwap", keepScroll);
  document.addEventListener("htmx:afterSwap", function (e) {
    var target = e.detail.target;
    var desk = byId("desk");
    if (target && target.id === "desk" && desk) { touched = false; settle(desk); if (desk.querySelector(".faults")) showFaults(); return; }
    if (target && target.id === "assist") { if (byId("assist")) arrive(byId("assist")); return; }
    var fresh = byId("fresh");
    if (fresh && !touched && !document.querySelector("#pick")) { fresh.click(); return; }
    var found = byId("modify-found");
    var words = byId("modify-words");
    if (!found || !words) return;
    if (words.hasAttribute("data-wait") && found.getAttribute("data-words") === words.value.trim()) {
      words.removeAttribute("data-wait");
      var first = found.querySelector("[data-hit]");
      if (first) first.click();
    } else if (byId("correct") && target && target.id === "modify-found") { focusIn(found); }
  });
  // What failed by itself, in the background, is taken back once it works again.
  document.addEventListener("htmx:afterRequest", function (e) {
    var bar = byId("bar");
    var quiet = e.detail.elt && /^(watch|newer|assist)$/.test(e.detail.elt.id);
    if (!bar || !quiet) return;
    if (!e.detail.successful) bar.setAttribute("data-quiet", "");
    else if (bar.hasAttribute("data-quiet")) { bar.hidden = true; bar.removeAttribute("data-quiet"); }
  });
  document.addEventListener("htmx:sendError", function () { say("连接不上服务，刚才的操作没有提交，请稍后再按一次。"); });
  document.addEventListener("htmx:timeout", function () { say("等了太久没有回应，请稍后再按一次。"); });

  // fieldOf finds the field that a fault names: its label has the same words, or
  // begins them (“分出去的内容”: 分出去的另一件).
  function fieldOf(fault, fields) {
    var name = (fault.textContent.match(/“([^”]+)”/) || [])[1] || "";
    var labelled = function (words) {
      return fields.filter(function (f) {
        return all("label", f.form).some(function (l) { return l.control === f && l.textContent.indexOf(words) >= 0; });
      })[0];
    };
    for (var n = name.length, found; n > 0 && n >= Math.min(3, name.length); n--) {
      if ((found = labelled(name.slice(0, n)))) return found;
    }
  }

  // What was wrong is told where it was typed, and the field to mend has the
  // focus: on a long page the form that was sent is far below its head.
  function showFaults() {
    var faults = document.querySelector("main .faults");
    if (!faults) return;
    var fieldsIn = function (form) { return all("input:not([type=hidden]), select, textarea", form).filter(visible); };
    var form = all("main form").filter(function (f) { return f.getAttribute("action") === location.pathname && fieldsIn(f).length; })[0];
    if (!form) { faults.tabIndex = -1; faults.focus(); return; }
    form.before(faults);
    var fields = fieldsIn(form);
    var wrong = fields.filter(function (f) { return f.matches("[aria-invalid=true]"); })[0];
    all("li", faults).forEach(function (li) { wrong = wrong || fieldOf(li, fields); });
    faults.scrollIntoView({ block: "center" });
    (wrong || fields[0]).focus();
  }

  document.addEventListener("DOMContentLoaded", function () { settle(document); showFaults(); });
})();
