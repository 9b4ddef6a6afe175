//! Milliseconds an indicator takes for a million bars, beside TA-Lib in the same run.
use std::hint::black_box;
use std::time::Instant;
use finnet_core::indicator::*;
fn time(name:&str, mut f: impl FnMut()) { let mut t=vec![]; for _ in 0..101 { let b=Instant::now(); f(); t.push(b.elapsed().as_secs_f64()*1e3);} t.sort_by(f64::total_cmp); println!("{name:30} {:.3} {:.3}",t[0],t[50]); }
fn main(){ let n=1_000_000; let mut s=42u64; let mut r=||{ s=s.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407); (s>>40) as f64/ (1u64<<24) as f64};
 let mut x=100.0; let mut h=vec![];let mut l=vec![];let mut c=vec![];
 for _ in 0..n { x+=(r()-0.5)*0.2; let p=(x*100.0_f64).round()/100.0; c.push(p); h.push(p+(r()*20.0).floor()/100.0); l.push(p-(r()*20.0).floor()/100.0); }
 let bars=HighLowClose{high:&h,low:&l,close:&c};
 let mut o=Series::new();
 let sma=Sma::new(20).unwrap(); time("SMA",||{sma.of_into(&c,&mut o).unwrap(); black_box(&o);}); time("  fresh",||{black_box(sma.of(&c).unwrap());});
 let ema=Ema::new(20,EmaStart::Mean).unwrap(); time("EMA",||{ema.of_into(&c,&mut o).unwrap(); black_box(&o);}); time("  fresh",||{black_box(ema.of(&c).unwrap());});
 let rsi=Rsi::new(14,Smoothing::Wilder,Flat::Is(0.0)).unwrap(); time("RSI",||{rsi.of_into(&c,&mut o).unwrap(); black_box(&o);}); time("  fresh",||{black_box(rsi.of(&c).unwrap());});
 let macd=Macd::new(12,26,9,MacdStart::Together,WarmUp::Together).unwrap(); let mut m=MacdLines::default(); time("MACD",||{macd.of_into(&c,&mut m).unwrap(); black_box(&m);}); time("  fresh",||{black_box(macd.of(&c).unwrap());});
 let bb=Bollinger::new(20,2.0,Deviation::Population).unwrap(); let mut b=Bands::default(); time("BBANDS",||{bb.of_into(&c,&mut b).unwrap(); black_box(&b);}); time("  fresh",||{black_box(bb.of(&c).unwrap());});
 let atr=Atr::new(14,FirstRange::Skipped).unwrap(); time("ATR",||{atr.of_into(bars,&mut o).unwrap(); black_box(&o);}); time("  fresh",||{black_box(atr.of(bars).unwrap());});
}
