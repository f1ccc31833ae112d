// What pages of terminals ask of hannun beside the terminal itself.
const terminalRequests = {
  // With the page's own token. What a page does by itself keeps nobody signed in.
  post(url, background = {}) {
    const headers = { ...JSON.parse(document.body.getAttribute("hx-headers")), ...background };
    return fetch(url, { method: "POST", headers, redirect: "manual" });
  },

  // A ticket for the terminal at `url`, or how it ended.
  async ticket(url) {
    const answer = await this.post(`${url}/tickets`, { "X-Background": "1" });
    if (answer.status === 401 || answer.type === "opaqueredirect") return { ended: "", code: 4401 };
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  },
};
