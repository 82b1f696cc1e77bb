// One WebSocket to derm, opened anew whenever it is gone or has been silent: a lost network closes none.

// States come every 400 ms, but wait for a picture that is on its way.
const SILENT_MILLIS = 10_000;
const AGAIN_MILLIS = 1000;

/**
 * When a picture was taken, by the clock of this page, or earlier. Derm's clock is another, so only durations count: the age that the picture
 * had when it was sent, and the time it was on its way, which is no longer than what passed since this page sent what derm heard last, less
 * what passed of that at derm.
 */
function taken(told, opened) {
  const now = performance.now();
  const way = now - (told.heard ?? opened) - told.heardMillisAgo;
  return now - told.ageMillis - Math.max(0, way);
}

/** @param page told of each picture with what was found in it and whom to tell that it was drawn, of each state, and of each end */
export function connect(page) {
  const opened = performance.now();
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`);
  let heard = opened;
  let found = null;
  const drawn = () => {
    if (socket.readyState === WebSocket.OPEN) {
      socket.send(`drawn ${performance.now().toFixed(1)}`);
    }
  };
  socket.binaryType = 'blob';
  socket.onmessage = (message) => {
    heard = performance.now();
    if (typeof message.data !== 'string') {
      page.picture(found, message.data, drawn);
    } else {
      const told = JSON.parse(message.data);
      if (told.type === 'frame') {
        told.taken = taken(told, opened);
        found = told;
      } else {
        page.state(told);
      }
    }
  };
  const end = () => {
    clearInterval(watch);
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
    page.gone();
    setTimeout(() => connect(page), AGAIN_MILLIS);
  };
  const watch = setInterval(() => {
    if (performance.now() - heard > SILENT_MILLIS) {
      end();
    }
  }, 1000);
  socket.onclose = end;
}
