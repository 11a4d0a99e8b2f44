/* Search in a site that is opened from the disk: browsers start no worker there, so a hidden frame stands for one. */
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.body.append(frame)
      const inside = frame.contentWindow
      this.inside = inside
      this.waiting = []
      inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
      inside.importScripts = (...urls) => Promise.all(urls.map(each => this.run(each)))
      this.run(url).then(() => {
        for (const data of this.waiting.splice(0)) this.tell(data)
        this.waiting = null
      })
    }

    run(url) {
      const script = this.inside.document.createElement("script")
      script.src = new URL(url, location.href)
      return new Promise((done, failed) => {
        script.onload = done
        script.onerror = failed
        this.inside.document.body.append(script)
      })
    }

    postMessage(data) {
      if (this.waiting) this.waiting.push(data)
      else this.tell(data)
    }

    tell(data) {
      this.inside.dispatchEvent(new MessageEvent("message", { data }))
    }
  }
}
