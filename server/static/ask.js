// Without this script every form posts and works. With it a question says that
// it was received and is being looked up, and no form is sent twice.
"use strict";

// listen asks by the stream and calls heard for each event, until it ends.
async function listen(form, heard) {
  const data = Object.fromEntries(new FormData(form));
  const answer = await fetch("/api/v1/ask/stream", {
    method: "POST", credentials: "omit", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ conversation: data.conversation, message: data.message, text: data.text, area: data.area || undefined }),
  });
  if (!answer.ok) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) heard((/^event: (.*)$/m.exec(block) || [])[1]);
  }
}

// The stream asks; the post that follows is the same ask by name, so that it
// only fetches the page that shows the answer.
function follow(form) {
  const button = form.querySelector("button");
  const says = { received: "收到了，正在查", answer: "查到了", offer: "查到了", silent: "查完了" };
  listen(form, (event) => { if (says[event]) button.textContent = says[event]; })
    .catch(() => {})
    .finally(() => form.submit());
}

document.addEventListener("submit", (e) => {
  const form = e.target;
  if (form.dataset.sent) {
    e.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  if (form.id === "question" && window.TextDecoderStream) {
    e.preventDefault();
    follow(form);
  }
});
window.addEventListener("pageshow", () => {
  for (const f of document.forms) delete f.dataset.sent;
});
