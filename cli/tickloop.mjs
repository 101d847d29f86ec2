#!/usr/bin/env node
// Node 20 strips no types, so the sources are run through tsx.
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
