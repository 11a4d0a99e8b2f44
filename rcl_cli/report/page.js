for (const slider of document.querySelectorAll(".pair input"))
  slider.addEventListener("input", () => slider.parentElement.style.setProperty("--cut", slider.value + "%"));
