// One WebSocket to derm, opened anew whenever it is gone or has been silent: a lost network closes none.

// States come every 400 ms, but wait for a picture that is on its way.
const SILENT_MILLIS = 10_000;
const AGAIN_MILLIS = 1000;

/** @param page told of each picture with what was found in it, of each state, and of each end */
export function connect(page) {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`);
  let heard = performance.now();
  let found = null;
  socket.binaryType = 'blob';
  socket.onmessage = (message) => {
    heard = performance.now();
    if (typeof message.data !== 'string') {
      page.picture(found, message.data, socket);
    } else {
      const told = JSON.parse(message.data);
      if (told.type === 'frame') {
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
