import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { EngineStatus } from '../../../../server/contract/sandbox.ts';
import { answer, api } from '../../../api/client.ts';
import { useEngineProblem } from '../../../api/use-engine-problem.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { Button } from '../../../ui/button.tsx';
import { CommandLine } from '../../../ui/command-line.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { Field, TextInput } from '../../../ui/field.tsx';
import { showToast } from '../../../ui/toast.tsx';
import { EngineTries } from '../engine-tries.tsx';
import { ProbeButton } from '../probe-button.tsx';

/** Which engine is used and why, and the way to another. */
export function EngineDialog({ engine, open, onClose }: { engine: EngineStatus; open: boolean; onClose(): void }) {
  const { t } = useTranslation();
  const engineProblem = useEngineProblem();
  const { version = '', apiVersion = '', os = '' } = engine;
  return (
    <Dialog
      wide
      open={open}
      onClose={onClose}
      title={t('sandboxes.tools.engine.title')}
      description={t('sandboxes.tools.engine.sub')}
    >
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <p className="min-w-0 flex-1">
          {engine.state === 'connected'
            ? t('sandboxes.tools.engine.facts', { version, api: apiVersion, os })
            : engineProblem(engine.state, engine.problem)}
        </p>
        <ProbeButton />
      </div>
      {engine.fixCommand !== undefined && (
        <div className="mb-3 grid gap-1.5">
          <p className="text-dim">{t('sandboxes.tools.engine.fix')}</p>
          <CommandLine command={engine.fixCommand} />
        </div>
      )}
      {engine.tries.length > 0 && (
        <div className="mb-4 rounded-[10px] border border-line-soft">
          <EngineTries tries={engine.tries} />
        </div>
      )}
      {open && <Pick onPicked={onClose} />}
    </Dialog>
  );
}

function Pick({ onPicked }: { onPicked(): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [address, setAddress] = useState('');
  const [fault, setFault] = useState<string>();
  const pick = async () => {
    try {
      const value = address.trim() === '' ? null : address.trim();
      await answer(api.settings.$patch({ json: { change: { 'sandbox.dockerHost': value } } }));
      await answer(api.engine.probe.$post());
      showToast(t('sandboxes.tools.engine.saved'));
      onPicked();
    } catch (error) {
      setFault(faultText(error));
    }
  };
  return (
    <form
      className="flex items-start gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        void pick();
      }}
    >
      <div className="min-w-0 flex-1">
        <Field label={t('sandboxes.tools.engine.pick')} hint={t('sandboxes.tools.engine.addressHint')} error={fault}>
          <TextInput
            className="mono"
            value={address}
            spellCheck={false}
            placeholder="unix:///var/run/docker.sock"
            onChange={(event) => setAddress(event.target.value)}
          />
        </Field>
      </div>
      <Button type="submit" className="mt-6">
        {t('sandboxes.tools.engine.use')}
      </Button>
    </form>
  );
}
