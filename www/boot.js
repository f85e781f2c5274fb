// What the page says where its modules do not come: it imports none, so that it can speak when one of them fails. A plain script, before all others.

{
  const WORDS = {
    en: {
      file: "This page was opened as a file, so the browser does not let it load its program. Serve its folder over http (“make demo” does), then open the address that is shown.",
      sandboxed: "This page is inside a frame that does not let it run. Open it in a tab of its own.",
      failed: (what) => `The page could not be loaded completely (${what}). Check the connection.`,
      again: "Try again",
    },
    zh: {
      file: "本页是作为文件打开的，浏览器不允许它载入程序。请通过 http 提供其文件夹（“make demo”可以做到），再打开所显示的地址。",
      sandboxed: "本页位于不允许运行的框架中。请在单独的标签页中打开。",
      failed: (what) => `本页未能完整载入（${what}）。请检查网络连接。`,
      again: "重试",
    },
  };
  const words = navigator.language.startsWith("zh") ? WORDS.zh : WORDS.en;

  const say = (sentence, canTryAgain) => {
    if (document.documentElement.dataset.started !== undefined) return; // the page tells its own errors
    document.documentElement.dataset.phase = "error";
    const message = document.createElement("p");
    message.textContent = sentence;
    message.className = "error";
    const place = document.getElementById("page-errors");
    place.replaceChildren(message);
    document.getElementById("status").textContent = "";
    if (!canTryAgain) return;
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = words.again;
    again.addEventListener("click", () => location.reload());
    place.append(again);
  };

  const sayReason = (what) => {
    if (location.protocol === "file:") say(words.file, false);
    else if (globalThis.origin === "null") say(words.sandboxed, false);
    else say(words.failed(what), true);
  };

  const once = (act) => (document.readyState === "loading" ? addEventListener("DOMContentLoaded", act) : act());
  // A script that does not come is told by the element that asks for it, and such an event does not bubble.
  addEventListener(
    "error",
    ({ target, message }) => {
      if (target instanceof HTMLScriptElement) once(() => sayReason(target.getAttribute("src") ?? "script"));
      else if (message) once(() => sayReason(message));
    },
    true,
  );
  addEventListener("unhandledrejection", ({ reason }) => once(() => sayReason(String(reason?.message ?? reason))));
}
