import i18next from 'i18next';
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConfigFault } from '../../../../server/contract/config.ts';
import type { SettingSchema } from '../../../../server/contract/settings-text.ts';
import { isFieldPath } from '../fields.ts';
import { type Editor, openEditor } from './open-editor.ts';
import { usePhrases } from './use-phrases.ts';
import { checkYaml } from './use-yaml.ts';

interface Props {
  ref: Ref<Editor | undefined>;
  /** What it begins with. */
  text: string;
  schema: SettingSchema;
  onChange(text: string): void;
  onFaults(faults: ConfigFault[]): void;
  onSave(): void;
}

/** The editor of the file, filled once; later texts come through its handle. */
export default function YamlEditor({ ref, text, schema, ...callbacks }: Props) {
  const { t, i18n } = useTranslation();
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor>(undefined);
  const phrases = usePhrases();
  const latest = useRef({ ...callbacks, text });
  useEffect(() => {
    latest.current = { ...callbacks, text: editor.current?.text() ?? text };
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another language opens it anew, with the same text.
  useEffect(() => {
    if (!host.current) return;
    const opened = openEditor({
      host: host.current,
      text: latest.current.text,
      label: t('yaml.label'),
      schema,
      words: { default: t('yaml.default'), describe },
      phrases,
      async check(typed) {
        try {
          const faults = await checkYaml(typed);
          latest.current.onFaults(faults);
          return faults;
        } catch {
          // The server says it again when the text is saved.
          return [];
        }
      },
      onChange: (typed) => latest.current.onChange(typed),
      onSave: () => latest.current.onSave(),
    });
    editor.current = opened;
    return () => {
      latest.current.text = opened.text();
      editor.current = undefined;
      opened.close();
    };
  }, [schema, i18n.language]);
  useImperativeHandle(ref, () => ({
    text: () => editor.current?.text() ?? latest.current.text,
    replace: (next) => editor.current?.replace(next),
    goTo: (line) => editor.current?.goTo(line),
    focus: () => editor.current?.focus(),
    close: () => editor.current?.close(),
  }));
  return (
    <div
      ref={host}
      data-editor
      className="outline-accent focus-within:outline-2 h-[max(320px,calc(100dvh-300px))] overflow-hidden"
    />
  );
}

/** The schema speaks English; other languages know what the form knows. */
function describe(path: string): string | undefined {
  if (i18next.language === 'en' || !isFieldPath(path)) return undefined;
  const hint = `settings.hints.${path}`;
  const name = i18next.t(`settings.fields.${path}`);
  return i18next.exists(hint) ? `${name}：${i18next.t(hint as 'settings.hints.server.host')}` : name;
}
