// Puts the citizens' page of this service into another site:
//   <script src="https://…/widget.js" defer data-label="问一问"></script>
// With data-into="#id" the page stands in that element, otherwise behind a
// button in the corner.
(function () {
  "use strict";
  const own = document.currentScript;
  if (!own) return;
  const page = new URL("/ask", own.src);
  if (own.dataset.area) page.searchParams.set("area", own.dataset.area);
  const label = own.dataset.label || "问一问";

  function frame() {
    const f = document.createElement("iframe");
    f.src = page.href;
    f.title = label;
    f.style.cssText = "border:0;width:100%;height:100%;background:#fff";
    return f;
  }

  function start() {
    const into = own.dataset.into && document.querySelector(own.dataset.into);
    if (into) {
      into.append(frame());
      return;
    }
    const box = document.createElement("div");
    box.style.cssText = "position:fixed;right:16px;bottom:84px;width:min(420px,calc(100vw - 32px));height:min(680px,calc(100vh - 100px));border:1px solid #7d8896;border-radius:8px;overflow:hidden;z-index:2147483647;background:#fff";
    box.hidden = true;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.setAttribute("aria-expanded", "false");
    button.style.cssText = "position:fixed;right:16px;bottom:16px;min-height:56px;padding:0 20px;border:0;border-radius:8px;background:#1f5fbf;color:#fff;font:600 20px/1 sans-serif;cursor:pointer;z-index:2147483647";
    button.addEventListener("click", () => {
      if (!box.firstChild) box.append(frame());
      box.hidden = !box.hidden;
      box.style.display = box.hidden ? "none" : "block";
      button.textContent = box.hidden ? label : "收起";
      button.setAttribute("aria-expanded", String(!box.hidden));
    });
    document.body.append(box, button);
  }
  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
