package fabric

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/hyperledger/fabric-sdk-go/pkg/common/logging"
	"github.com/hyperledger/fabric-sdk-go/pkg/core/logging/api"
)

// routeLog sends what the SDK says to the log, at the level debug: this package tells of faults itself, and the
// SDK calls an error what is only the first of several attempts. The SDK has one log for the whole program, and
// so has the first client.
func routeLog(log *slog.Logger) {
	routeOnce.Do(func() { logging.Initialize(&sdkLog{log.With("part", "fabric-sdk-go")}) })
}

var routeOnce sync.Once

// sdkLog implements the SDK's logging over slog. Its debug messages are dropped: they hold whole messages.
type sdkLog struct{ log *slog.Logger }

func (l *sdkLog) GetLogger(module string) api.Logger { return &sdkLog{l.log.With("module", module)} }

func (l *sdkLog) say(text string) { l.log.DebugContext(context.Background(), text) }

func (l *sdkLog) Fatal(v ...any)            { l.say(fmt.Sprint(v...)) }
func (l *sdkLog) Fatalf(f string, v ...any) { l.say(fmt.Sprintf(f, v...)) }
func (l *sdkLog) Fatalln(v ...any)          { l.say(fmt.Sprint(v...)) }
func (l *sdkLog) Panic(v ...any)            { l.say(fmt.Sprint(v...)) }
func (l *sdkLog) Panicf(f string, v ...any) { l.say(fmt.Sprintf(f, v...)) }
func (l *sdkLog) Panicln(v ...any)          { l.say(fmt.Sprint(v...)) }
func (l *sdkLog) Print(v ...any)            { l.say(fmt.Sprint(v...)) }
func (l *sdkLog) Printf(f string, v ...any) { l.say(fmt.Sprintf(f, v...)) }
func (l *sdkLog) Println(v ...any)          { l.say(fmt.Sprint(v...)) }
func (l *sdkLog) Debug(...any)              {}
func (l *sdkLog) Debugf(string, ...any)     {}
func (l *sdkLog) Debugln(...any)            {}
func (l *sdkLog) Info(v ...any)             { l.say(fmt.Sprint(v...)) }
func (l *sdkLog) Infof(f string, v ...any)  { l.say(fmt.Sprintf(f, v...)) }
func (l *sdkLog) Infoln(v ...any)           { l.say(fmt.Sprint(v...)) }
func (l *sdkLog) Warn(v ...any)             { l.say(fmt.Sprint(v...)) }
func (l *sdkLog) Warnf(f string, v ...any)  { l.say(fmt.Sprintf(f, v...)) }
func (l *sdkLog) Warnln(v ...any)           { l.say(fmt.Sprint(v...)) }
func (l *sdkLog) Error(v ...any)            { l.say(fmt.Sprint(v...)) }
func (l *sdkLog) Errorf(f string, v ...any) { l.say(fmt.Sprintf(f, v...)) }
func (l *sdkLog) Errorln(v ...any)          { l.say(fmt.Sprint(v...)) }
