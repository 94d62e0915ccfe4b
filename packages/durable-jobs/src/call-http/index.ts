/** The job that calls an HTTP endpoint. */
export { callHttp, defineCallHttp, type CallHttpInput } from './call-http.ts';
export { httpTargets, type HttpTarget, type HttpTargets } from './target.ts';
