import { expose } from '@x/thread/worker';
import * as jobs from './jobs.mjs';

expose(jobs);
