import { contextBridge, ipcRenderer } from 'electron';
import { channelOf, type Native, type NativeCalls, type NativeEvents } from './native/contract.ts';

function call<Name extends keyof NativeCalls>(name: Name): Native[Name] {
  const send = (...given: unknown[]) => ipcRenderer.invoke(channelOf(name), ...given);
  return send as Native[Name];
}

function listenTo<Name extends keyof NativeEvents>(name: Name) {
  return (listener: (value: NativeEvents[Name]) => void) => {
    // The event itself stays here: it carries the sender, and with it a way to every channel.
    const forward = (_event: unknown, value: NativeEvents[Name]) => listener(value);
    ipcRenderer.on(channelOf(name), forward);
    return () => {
      ipcRenderer.off(channelOf(name), forward);
    };
  };
}

const native: Native = {
  platform: process.platform,
  appInfo: call('appInfo'),
  chooseDirectory: call('chooseDirectory'),
  showItemInFolder: call('showItemInFolder'),
  openExternal: call('openExternal'),
  notify: call('notify'),
  setThemeSource: call('setThemeSource'),
  setMenuLanguage: call('setMenuLanguage'),
  startup: call('startup'),
  changeStartup: call('changeStartup'),
  updates: call('updates'),
  update: call('update'),
  takeOver: call('takeOver'),
  quit: call('quit'),
  onCommand: listenTo('command'),
  onNavigate: listenTo('navigate'),
  onQuitProgress: listenTo('quitProgress'),
  onUpdate: listenTo('update'),
};

contextBridge.exposeInMainWorld('native', native);
