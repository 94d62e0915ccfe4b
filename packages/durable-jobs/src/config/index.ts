/** Configuration by environment variables. */
export {
  type ApiConfig,
  ConfigError,
  type Environment,
  loadApiAddress,
  loadApiConfig,
  loadDatabaseConfig,
  loadSchedulesConfig,
  loadWorkerConfig,
  LOCAL_API_KEY,
  type SchedulesConfig,
  type WorkerConfig,
} from './config.ts';
export { refuseOtherHosts } from './loopback.ts';
export { ageMs, emailList, headerText, httpUrl, perSecond, timeoutMs } from './variables.ts';
