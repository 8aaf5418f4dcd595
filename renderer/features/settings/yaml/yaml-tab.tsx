import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { ConfigFault } from '../../../../server/contract/config.ts';
import type { SettingsText } from '../../../../server/contract/settings-text.ts';
import { toApiError } from '../../../api/api-error.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { Button, buttonClass } from '../../../ui/button.tsx';
import { Card } from '../../../ui/card.tsx';
import { ErrorState } from '../../../ui/error-state.tsx';
import { Notice } from '../../../ui/notice.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';
import { useYamlDraft } from './draft-store.ts';
import type { Editor } from './open-editor.ts';
import { SaveDialog } from './save-dialog.tsx';
import { theirsOf, useReadAgain, useSaveYaml, useSettingSchema, useYamlText } from './use-yaml.ts';
import { YamlFaults } from './yaml-faults.tsx';

const YamlEditor = lazy(() => import('./yaml-editor.tsx'));

/** The file as a text. What was typed stays until it is saved or thrown away. */
export function YamlTab() {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const onDisk = useYamlText();
  const schema = useSettingSchema();
  const error = onDisk.data === undefined ? onDisk.error : schema.error;
  if (error)
    return (
      <Card>
        <ErrorState
          message={faultText(error)}
          code={toApiError(error).code}
          onRetry={() => void Promise.all([onDisk.refetch(), schema.refetch()])}
        />
      </Card>
    );
  if (!onDisk.data || !schema.data)
    return (
      <Card title={t('yaml.title')}>
        <SkeletonRows rows={6} />
      </Card>
    );
  return <OpenFile onDisk={onDisk.data} schema={schema.data} />;
}

interface OpenProps {
  onDisk: SettingsText & { isInForce: boolean };
  schema: NonNullable<ReturnType<typeof useSettingSchema>['data']>;
}

function OpenFile({ onDisk, schema }: OpenProps) {
  const { t } = useTranslation();
  const editor = useRef<Editor>(undefined);
  const { draft, keep } = useYamlDraft();
  const [first] = useState(draft ?? { text: onDisk.text, base: onDisk });
  // The version that is in the editor when nothing was typed.
  const [loaded, setLoaded] = useState(first.base);
  const [faults, setFaults] = useState<ConfigFault[]>([]);
  const [isAsking, setAsking] = useState(false);
  const save = useSaveYaml();
  const readAgain = useReadAgain();
  const base = draft?.base ?? loaded;
  const text = draft?.text ?? base.text;
  // A refused save knows the file better than the last look at it.
  const disk = theirsOf(save.error) ?? onDisk;
  const isOther = disk.version !== base.version;

  const edit = (typed: string) => keep(typed === base.text ? undefined : { text: typed, base });
  const fill = (file: SettingsText) => {
    keep(undefined);
    setLoaded(file);
    save.reset();
    // Undo brings back what was there.
    if (editor.current?.text() !== file.text) editor.current?.replace(file.text);
    keep(undefined);
  };
  // With nothing typed there is nothing to ask: the editor shows what is on the disk, and undo what was there before.
  const isBehind = isOther && !draft;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each version.
  useEffect(() => {
    if (isBehind) fill(onDisk);
  }, [isBehind, onDisk.version]);
  const ask = () => {
    if (draft) setAsking(true);
  };
  const store = (final: string) =>
    save.mutate(
      { text: final, base: disk.version },
      {
        onSuccess: ({ version }) => {
          setAsking(false);
          fill({ text: final, version });
          save.reset();
        },
      },
    );
  const close = (typed: string) => {
    setAsking(false);
    save.reset();
    if (typed !== text) editor.current?.replace(typed);
    editor.current?.focus();
  };
  const isBroken = !draft && faults.length > 0;
  const needsRestart = save.data?.needsRestart ?? [];
  return (
    <div className="grid gap-3.5">
      {isOther && draft && (
        <Notice
          tone="warn"
          className="!mb-0"
          actions={
            <Button size="small" onClick={ask}>
              {t('yaml.compare')}
            </Button>
          }
        >
          {t('yaml.changedBoth')}
        </Notice>
      )}
      {!onDisk.isInForce && !isBroken && (
        <Notice
          tone="warn"
          className="!mb-0"
          actions={
            <Button size="small" disabled={readAgain.isPending} onClick={() => readAgain.mutate()}>
              {t('yaml.readAgain')}
            </Button>
          }
        >
          {t('yaml.changed')}
        </Notice>
      )}
      {save.isSuccess && needsRestart.length > 0 && (
        <Notice
          tone="accent"
          className="!mb-0"
          actions={
            <Link href="/?ask=restart" className={buttonClass({ size: 'small' })}>
              {t('settings.restart')}
            </Link>
          }
        >
          {t('settings.savedRestart', { names: needsRestart.join(', ') })}
        </Notice>
      )}
      <Card
        title={t('yaml.title')}
        aside={
          <span className="flex items-center gap-2">
            <span className="max-wide:hidden">{t('yaml.keys')}</span>
            {draft && (
              <Button size="small" onClick={() => fill(onDisk)}>
                {t('settings.discard')}
              </Button>
            )}
            <Button size="small" look="primary" disabled={!draft || faults.length > 0} onClick={ask}>
              {t('yaml.review')}
            </Button>
          </span>
        }
      >
        <Suspense fallback={<SkeletonRows rows={6} />}>
          <YamlEditor
            ref={editor}
            text={first.text}
            schema={schema}
            onChange={edit}
            onFaults={setFaults}
            onSave={ask}
          />
        </Suspense>
      </Card>
      <YamlFaults faults={faults} onGo={(line) => editor.current?.goTo(line)} />
      {isAsking && draft && (
        <SaveDialog
          key={disk.version}
          before={disk.text}
          after={text}
          hasConflict={isOther}
          error={save.error}
          isSaving={save.isPending}
          onSave={store}
          onTheirs={() => {
            setAsking(false);
            fill(disk);
            readAgain.mutate();
          }}
          onClose={close}
        />
      )}
    </div>
  );
}
